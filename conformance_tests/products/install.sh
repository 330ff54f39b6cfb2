#!/bin/sh
# Installs the strangers the examiner is tried on, as far as this system's packages offer them (Debian, Ubuntu).
set -eu
packages="squid-openssl squidguard e2guardian privoxy tinyproxy dnsmasq-base unbound iproute2 nftables faketime"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "make products: this system has no apt-get; install by hand: $packages" >&2
    exit 69
fi
if [ "$(id -u)" != 0 ]; then
    echo "make products: installing packages needs root; run: sudo make products" >&2
    exit 69
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086 - a list of words
apt-get -qq install -y --no-install-recommends $packages >/dev/null
echo "make products: installed $packages"
