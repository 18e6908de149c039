# Sourced by the programs that work on a database from outside: who they are, and how the server proves who it is.
# Everything else about the connection is in the environment. Sets `connection`.

PGPASSWORD=$(<"$root/secrets/credentials/password")
export PGPASSWORD
if [ -r "$root/secrets/tls/ca.crt" ]; then export PGSSLROOTCERT=$root/secrets/tls/ca.crt; fi
if [ -r "$root/secrets/client/tls.key" ]; then
  # A key that others may read is refused, and whose file it is depends on the node.
  PGSSLKEY=${TMPDIR:-/tmp}/client.key
  rm -f "$PGSSLKEY"
  (umask 077 && cat "$root/secrets/client/tls.key" >"$PGSSLKEY")
  PGSSLCERT=$root/secrets/client/tls.crt
  export PGSSLKEY PGSSLCERT
fi
# A server that vanished without a word must not be waited for as long as the system would, which is hours.
connection='keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000'
