export { Echo } from './api/echo.ts';
export { schedulePattern } from './api/schedule.ts';
export { ScheduledEcho } from './api/scheduled-echo.ts';
export {
  createEchoControllers,
  operatorName,
  type EchoControllersOptions,
} from './echo-controllers.ts';
export { watchedNamespaceRules } from './permissions.ts';
export { program } from './program.ts';
