#!/bin/sh
# Chromium for the browser tests, where the system allows it: Debian or Ubuntu, as root.
# It never fails: without a browser those tests are skipped, and this says so.
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
skip() { echo "browser tests will be skipped: $1" >&2; exit 0; }
command -v apt-get >/dev/null 2>&1 || skip "no Chromium, and no apt-get to install it"
[ "$(id -u)" = 0 ] || skip "no Chromium; as root: apt-get install chromium"
echo "installing Chromium for the browser tests (apt-get install chromium) ..." >&2
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null 2>&1; }
install || { apt-get update -qq >/dev/null 2>&1 && install; } || skip "apt-get could not install chromium"
command -v chromium >/dev/null 2>&1 || skip "chromium was installed but is not on the path"
