#!/bin/sh
# Installs the Debian packages that are missing, and only those: packages.sh build|window|demo|test|bench|faults ...
set -eu
build="build-essential pkg-config"
window="libwebkit2gtk-4.1-dev librsvg2-common fonts-wqy-microhei"
demo="dovecot-imapd ca-certificates"
test="dovecot-imapd ca-certificates xvfb webkit2gtk-driver dbus dbus-daemon dbus-bin gnome-keyring xdotool python3 python3-pip"
bench="dovecot-imapd ca-certificates time valgrind isync interimap offlineimap3"
faults="dovecot-imapd ca-certificates e2fsprogs xfsprogs nbdkit libnbd-bin"

wanted=""
for set in "$@"; do
  case $set in
    build) wanted="$wanted $build" ;;
    window) wanted="$wanted $window" ;;
    demo) wanted="$wanted $demo" ;;
    test) wanted="$wanted $test" ;;
    bench) wanted="$wanted $bench" ;;
    faults) wanted="$wanted $faults" ;;
    *) echo "packages.sh: no set named $set" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "This is no Debian or Ubuntu. Needed are the counterparts of these packages:$wanted" >&2
  exit 0
fi
missing=""
for package in $wanted; do
  case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true) in
    installed) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

root=""
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "As root run first: apt-get install$missing" >&2
    exit 1
  fi
  root=sudo
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -qq
# shellcheck disable=SC2086
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
# The package starts a mail server for the whole computer; nobody asked for that one.
case $missing in
  *dovecot*) [ -d /run/systemd/system ] && $root systemctl disable --now dovecot.service dovecot.socket >/dev/null 2>&1 || true ;;
esac
