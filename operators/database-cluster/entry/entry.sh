#!/usr/bin/env bash
# The main process of the database container. It runs one PostgreSQL server, as the agent beside it wants:
#   control/want   what the agent wants: lines key=value, replaced as a whole; see the table at `look`
#   control/have   what there is, for the agent
# A server that takes writes is stopped at once when the moment `until` has passed: the agent moves it on as long as it
# holds the lease. That is the fence, and it needs nothing but the clock of the machine.
set -uo pipefail
umask 077

root=${KUBEWRIGHT_ROOT:-} # a node that runs containers as plain processes mounts volumes here
control=$root/control
volume=$root/var/lib/postgresql/data
data=$volume/pgdata
# For whatever connects to the primary: the server as a standby, pg_basebackup, pg_rewind.
export PGPASSFILE=$control/pgpass PGSSLROOTCERT=$control/ca.crt

server='' # process id of the server
mode=none # of the running server: none, primary or standby
stopping=false
failed=''       # the last step that went wrong, until another one goes well
done_number=-1  # number of the last want that was carried out
rejoined=0      # attempt number of the last rewind or clone that was asked for
controldata=''  # system identifier, timeline and state of the data while no server runs
reported=''

trap 'stopping=true' TERM INT

say() { printf 'entry: %s\n' "$*" >&2; }

# Sub-second pause without another process.
exec {nothing}<> <(:)
pause() { read -rt "$1" -u "$nothing" || true; }

# Reads what is wanted. Keys:
#   number      grows with each change
#   role        none, primary, standby
#   until       primary: hundredths of a second of the machine's uptime, or never
#   initialize  primary: yes makes a database where there is none
#   source      standby: connection string of the primary, for clones and rewinds
#   rejoin      standby: a number that grows when the data must be brought in line with the primary's; 'clone' before it: anew
look() {
  number=-1 role=none until=0 initialize=no source='' rejoin=0
  local key value
  [ -r "$control/want" ] || return 0
  while IFS='=' read -r key value; do
    case $key in
      number) number=$value ;; role) role=$value ;; until) until=$value ;;
      initialize) initialize=$value ;; source) source=$value ;; rejoin) rejoin=$value ;;
    esac
  done <"$control/want"
}

may_write() {
  [ "$role" = primary ] || return 1
  [ "$until" = never ] && return 0
  local uptime rest
  read -r uptime rest </proc/uptime
  [ "${uptime/./}" -lt "$until" ]
}

report() {
  local presence=absent signal=no
  [ -s "$data/PG_VERSION" ] && presence=present
  [ -e "$data/standby.signal" ] && signal=yes
  local now="number=$done_number
data=$presence
signal=$signal
server=$mode
failed=$failed
$controldata"
  [ "$now" = "$reported" ] && return
  printf '%s\n' "$now" >"$control/have.new" && mv "$control/have.new" "$control/have" && reported=$now
}

read_controldata() {
  controldata=''
  [ -s "$data/PG_VERSION" ] || return 0
  controldata=$(LC_ALL=C pg_controldata -D "$data" | sed -n \
    -e 's/^Database system identifier: */system_identifier=/p' \
    -e "s/^Latest checkpoint's TimeLineID: */timeline=/p" \
    -e 's/^Latest checkpoint location: */position=/p' \
    -e 's/^Database cluster state: */state=/p')
}

# A long step, interruptible by a stop.
step() {
  local name=$1 job
  shift
  say "$name begins"
  report
  "$@" >&2 &
  job=$!
  while kill -0 "$job" 2>/dev/null; do
    $stopping && kill "$job" 2>/dev/null
    pause 0.2
  done
  if wait "$job"; then
    failed=''
    say "$name is done"
  else
    failed=$name
    say "$name failed"
    pause 1
    return 1
  fi
}

initialize() {
  rm -rf "$volume/pgdata.new"
  # The superuser has no password: the agent reaches the server by a socket of the pod, and nobody else is let in as it.
  step initialize initdb -D "$volume/pgdata.new" --username=postgres --auth=reject --encoding=UTF8 --locale=C --data-checksums || return 1
  sync && mv "$volume/pgdata.new" "$data" && read_controldata
}

clone() {
  # What is here cannot follow the primary; the place is needed for what can.
  rm -rf "$data" "$volume/pgdata.new"
  step clone pg_basebackup -w -D "$volume/pgdata.new" -X stream -c fast -d "$source" || return 1
  touch "$volume/pgdata.new/standby.signal"
  sync && mv "$volume/pgdata.new" "$data" && read_controldata
}

# pg_rewind needs data that was shut down in good order. It would see to that itself, but with settings under which the
# server drops the very part of the log that pg_rewind then looks for.
recover() { postgres --single -F -D "$data" -c config_file="$control/postgresql.conf" template1 </dev/null >/dev/null; }

rewind() {
  # Data that was brought in line in part must never be started: without this file another run begins here again.
  rm -f "$data/standby.signal"
  case $controldata in
    *'state=shut down'*) ;;
    *) step recover recover && read_controldata || return 1 ;;
  esac
  local -a options=(-D "$data" --source-server="$source dbname=postgres")
  # Before PostgreSQL 13 it sees to nothing, and does not know that it could be told not to.
  [ "$(<"$data/PG_VERSION")" -ge 13 ] && options+=(--no-ensure-shutdown)
  step rewind pg_rewind "${options[@]}"
}

start_server() {
  # Lock files of an earlier life, whose process number may now be another's.
  rm -f "$data/postmaster.pid" "$control"/.s.PGSQL.*
  mode=$1
  say "server starts as $mode"
  # A port-forward arrives at the loopback address of the pod. As a plain process of a machine a server has its pod's
  # address alone: the others are everybody's.
  local addresses=()
  [ -n "$root" ] || addresses=(-c listen_addresses="$POD_IP,localhost")
  postgres "${addresses[@]}" -D "$data" -c config_file="$control/postgresql.conf" -c hba_file="$control/pg_hba.conf" \
    -c unix_socket_directories="$control" -c unix_socket_permissions=0700 \
    -c ssl_cert_file="$control/tls.crt" -c ssl_key_file="$control/tls.key" -c ssl_ca_file="$control/ca.crt" &
  server=$!
}

# $1: INT stops in good order, QUIT at once.
stop_server() {
  say "server is stopped ($1)"
  local waited=0
  kill -s "$1" "$server" 2>/dev/null
  while kill -0 "$server" 2>/dev/null; do
    # What does not end in good order in time must still not outlive its permission.
    if [ "$mode" = primary ] && [ "$until" != never ] && ! may_write_until; then kill -s QUIT "$server" 2>/dev/null; fi
    pause 0.1
    waited=$((waited + 1))
    [ "$waited" -eq 600 ] && kill -s QUIT "$server" 2>/dev/null
    look
  done
  wait "$server"
  server='' mode=none
  read_controldata
}

# As may_write, for a server that is on its way down whatever role is wanted now.
may_write_until() { role=primary may_write; }

become_primary() {
  if [ ! -s "$data/PG_VERSION" ]; then
    [ "$initialize" = yes ] || { failed='no data'; return 1; }
    initialize || return 1
    look
    may_write || return 1
  fi
  if [ "$mode" = none ]; then
    if [ -e "$data/standby.signal" ]; then start_server standby; else start_server primary; fi
  fi
  if [ "$mode" = standby ]; then
    say 'server is promoted'
    pg_ctl promote -D "$data" -W >&2 || return 1
    mode=primary
  fi
}

become_standby() {
  [ "$mode" = primary ] && stop_server INT
  if [ "$mode" = standby ] && [ "$rejoin" != "$rejoined" ]; then stop_server INT; fi
  if [ "$mode" = standby ]; then
    # Before PostgreSQL 13 the address of the primary is read at the start only.
    [ "$(<"$data/PG_VERSION")" -ge 13 ] || stop_server INT
  fi
  if [ "$mode" = none ]; then
    [ -n "$source" ] || [ -e "$data/standby.signal" ] || return 0
    if [ ! -s "$data/PG_VERSION" ] || [[ $rejoin == clone* && $rejoin != "$rejoined" ]]; then
      clone || return 1
    elif [ ! -e "$data/standby.signal" ] || [ "$rejoin" != "$rejoined" ]; then
      rewind || return 1
      sync && touch "$data/standby.signal"
    fi
    rejoined=$rejoin
    start_server standby
  fi
}

carry_out() {
  case $role in
    primary) may_write && become_primary ;;
    standby) become_standby ;;
    *) if [ "$mode" != none ]; then stop_server INT; fi ;;
  esac || return
  # The configuration may be what changed. Before it has its lock file, a server would die of the signal.
  [ -n "$server" ] && [ -e "$data/postmaster.pid" ] && kill -s HUP "$server" 2>/dev/null
  done_number=$number
}

mkdir -p "$volume"
read_controldata
rm -f "$control/have"
say "waits for the agent (uid $(id -u))"
while true; do
  look
  if [ -n "$server" ] && ! kill -0 "$server" 2>/dev/null; then
    wait "$server"
    code=$?
    read_controldata
    server='' mode=none
    report
    say "server ended by itself with $code"
    $stopping && exit 0
    exit 1 # the kubelet starts the container again, and shows that it did
  fi
  if [ "$mode" = primary ] && ! $stopping && [ "$role" = primary ] && ! may_write; then
    say 'permission to write has run out'
    stop_server QUIT
  fi
  if $stopping; then
    [ -n "$server" ] && stop_server INT
    report
    say 'stopped'
    exit 0
  fi
  if [ "$number" != "$done_number" ] || { [ "$role" = primary ] && [ "$mode" = none ]; }; then carry_out; fi
  report
  pause 0.2
done
