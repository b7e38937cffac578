#!/bin/sh
# Unpacks Cyrus into build/cyrus. It is not installed: Debian bears no second IMAP server beside Dovecot, and would take
# that one away.
set -eu
cd "$(dirname "$0")/.."
[ -x build/cyrus/usr/lib/cyrus/bin/imapd ] && exit 0
command -v apt-get >/dev/null 2>&1 || {
  echo "This is no Debian or Ubuntu. Needed is Cyrus 3.6 as build/cyrus/usr/lib/cyrus/bin." >&2
  exit 1
}
root=""
[ "$(id -u)" = 0 ] || root=sudo
place=build/cyrus.new
rm -rf build/cyrus "$place"
mkdir -p "$place"
fetch() { (cd "$place" && apt-get download -qq cyrus-imapd cyrus-common 2>/dev/null); }
fetch || {
  $root apt-get update -qq
  fetch
}
# The libraries that it is linked with, and nothing else of what it would bring; the virus scanner is not used.
missing=""
for package in $(for file in "$place"/*.deb; do dpkg-deb -f "$file" Depends; done |
  tr ',' '\n' | sed 's/[|(].*//; s/ //g' | grep '^lib' | grep -v clamav | sort -u); do
  case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true) in
    installed) ;;
    *) missing="$missing $package" ;;
  esac
done
if [ -n "$missing" ]; then
  echo "Installing:$missing"
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
fi
for file in "$place"/*.deb; do
  dpkg -x "$file" "$place"
done
rm "$place"/*.deb
mv "$place" build/cyrus
