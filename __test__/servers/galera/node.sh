#!/bin/sh
# Starts a node of a Galera cluster in place of itself:
#
#   node.sh first|next program arguments...
#
# The first node makes the cluster, when it starts for the first time. Where a node has come to is
# known for sure to its tables alone, which it is therefore made to ask; what it missed it gets from
# the others.

PATH=$(dirname "$0"):$PATH
role=$1
shift
rm -f recovered.err
"$@" --wsrep-recover --log-error="$PWD/recovered.err"
position=$(sed -n 's/.*Recovered position:[[:space:]]*//p' recovered.err | sed -n '$p')
if [ "$role" = first ] && [ ! -e started ]; then set -- "$@" --wsrep-new-cluster; fi
touch started
exec "$@" --wsrep-start-position="$position"
