#!/usr/bin/env bash
# Makes the Debian packages. From the environment: VERSION (default: git's),
# ARCHES (default: all), OUT (default: dist).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
out=${OUT:-$root/dist}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

# A Debian version begins with a digit and sorts: a tag as it is, what lies
# between tags after it, and a bare commit before every tag.
DEB_VERSION=${version#v}
DEB_VERSION=${DEB_VERSION//-/+}
[[ $DEB_VERSION =~ ^[0-9]+\. ]] || DEB_VERSION="0~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S)+${DEB_VERSION}"
export DEB_VERSION

STAGE=$(mktemp -d)
export STAGE
trap 'rm -rf "$STAGE"' EXIT
mkdir -p "$out"
for arch in ${ARCHES:-amd64 arm64 armhf}; do
  case $arch in
    amd64) target=(GOARCH=amd64) DEB_ARCH=amd64 ;;
    arm64) target=(GOARCH=arm64) DEB_ARCH=arm64 ;;
    armhf) target=(GOARCH=arm GOARM=7) DEB_ARCH=arm7 ;;
    *) echo "unknown architecture $arch: amd64, arm64 or armhf" >&2; exit 2 ;;
  esac
  export DEB_ARCH
  env CGO_ENABLED=0 GOOS=linux "${target[@]}" \
    go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$STAGE/preau" ./cmd/preau
  cp images/deb/preau.service images/deb/preau.sysusers images/deb/80-preau-stick.rules "$STAGE/"
  cp LICENSE "$STAGE/copyright"
  # The binary's time is the floor of a box's clock.
  touch -d "@$SOURCE_DATE_EPOCH" "$STAGE"/*
  file=$out/preau_${DEB_VERSION}_$arch.deb
  # Under a name of its own until whole.
  go tool -modfile=tools/deb/go.mod nfpm package -f images/deb/nfpm.yaml -p deb -t "$file.part.deb" >/dev/null
  mv "$file.part.deb" "$file"
  echo "$file $(($(stat -c %s "$file") >> 10)) KiB"
done
