#!/bin/sh
# Certificates for trying things out and for a first installation, with OpenSSL alone.
#
#   make-certificates.sh FOLDER authorities
#   make-certificates.sh FOLDER broker NAME...           names or addresses that stations dial, for example
#                                                        broker.example 192.0.2.7
#   make-certificates.sh FOLDER station TENANT STATION   common name TENANT/STATION
#   make-certificates.sh FOLDER backend TENANT           common name TENANT/_backend
#   make-certificates.sh FOLDER sign REQUEST             a station's own request, a file in FOLDER; its key never leaves it
#
# A station makes its request with
#   openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc \
#       -keyout station.key -out station.csr -subj '/CN=TENANT\/STATION'
#
# Whoever holds stations-ca.key can be every station, services-ca.key every broker and backend: keep them
# offline, or let a certificate service do all this.
set -eu

folder=$1
what=$2
shift 2

CA_DAYS=3650
DAYS=398 # a year and a month: renewing is a yearly duty, with time to spare
EC='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc'

umask 077
mkdir -p "$folder"
cd "$folder"

# authority NAME
authority() {
    openssl req -x509 $EC -keyout "$1.key" -out "$1.pem" -subj "/CN=pigeonhole $1" -days "$CA_DAYS" \
        -addext 'keyUsage=critical,keyCertSign,cRLSign'
}

# sign AUTHORITY REQUEST CERTIFICATE USAGE [EXTENSION]
sign() {
    printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
        "extendedKeyUsage=$4" "${5:-}" |
        openssl x509 -req -in "$2" -CA "$1.pem" -CAkey "$1.key" -set_serial "0x01$(openssl rand -hex 15)" \
            -days "$DAYS" -extfile /dev/stdin -out "$3"
}

# leaf AUTHORITY FILE COMMON-NAME USAGE [EXTENSION]
leaf() {
    openssl req -new $EC -keyout "$2.key" -out "$2.csr" -subj "/CN=$(printf %s "$3" | sed 's,/,\\/,g')"
    sign "$1" "$2.csr" "$2.pem" "$4" "${5:-}"
    rm "$2.csr"
}

case $what in
authorities)
    authority stations-ca
    authority services-ca
    ;;
broker)
    names=
    for name in "$@"; do
        case $name in
        *:*) names="$names,IP:$name" ;;
        *[!0-9.]*) names="$names,DNS:$name" ;;
        *) names="$names,IP:$name" ;;
        esac
    done
    leaf services-ca broker broker serverAuth "subjectAltName=${names#,}"
    ;;
station) leaf stations-ca "$1-$2" "$1/$2" clientAuth ;;
backend) leaf services-ca "$1-backend" "$1/_backend" clientAuth ;;
sign) sign stations-ca "$1" "${1%.csr}.pem" clientAuth ;;
*)
    echo "$0: authorities, broker, station, backend or sign" >&2
    exit 2
    ;;
esac
