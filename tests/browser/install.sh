#!/bin/sh
# A Chromium and a Korean font for the browser tests: what is there is kept; Debian's packages where apt
# and root are at hand; else Playwright's own browser. Usage: install.sh path/to/python
set -eu

has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
has_korean() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=ko)" ]; }

packages=""
has_chromium || packages="chromium"
has_korean || packages="$packages fonts-noto-cjk fontconfig"

if [ -n "$packages" ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of package names
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages
fi
has_chromium || "$1" -m playwright install chromium
has_korean || echo "No Korean font was found: the Korean screenshots would show boxes. Install Noto Sans CJK." >&2
