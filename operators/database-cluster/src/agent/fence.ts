/** Part of the lease's duration after which a primary that could not renew it stops writing, before others may take over. */
export const fenceFraction = 0.7;
