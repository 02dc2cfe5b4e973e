#!/usr/bin/env bash
# Makes the appliance's root file system, and a RAUC bundle of it when it is
# given keys. Root only. From the environment: VERSION, ARCH (default: this
# machine's), OUT (default: dist), RAUC_CERT, RAUC_KEY.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
[ "$(id -u)" = 0 ] || { echo "Making a Debian tree needs root: sudo make image" >&2; exit 1; }
export VERSION=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
export ARCH=${ARCH:-$(dpkg --print-architecture)}
out=${OUT:-$root/dist}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
case $ARCH in
  amd64 | arm64) kernel=linux-image-$ARCH ;;
  *) echo "no image for $ARCH: amd64 or arm64 (armhf boards take the .deb)" >&2; exit 2 ;;
esac
.ci/install mmdebstrap squashfs-tools-ng rauc

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
ARCHES=$ARCH OUT=$work images/deb/build.sh
deb=$(echo "$work"/preau_*.deb)

name=preau-disk_${VERSION}_$ARCH
mmdebstrap --quiet --variant=minbase --architectures="$ARCH" \
  --include="systemd,systemd-sysv,dbus,udev,kmod,systemd-timesyncd,systemd-resolved,iproute2,ca-certificates,rauc,$kernel" \
  --customize-hook="copy-in $deb /tmp" \
  --customize-hook='chroot "$1" sh -c "dpkg -i /tmp/preau_*.deb && rm /tmp/preau_*.deb"' \
  --customize-hook="$root/images/disk/customize \"\$1\"" \
  --format=tar bookworm - | tar2sqfs --quiet --compressor zstd "$work/rootfs.img"

if [ -n "${RAUC_CERT:-}" ] && [ -n "${RAUC_KEY:-}" ]; then
  mkdir "$work/bundle"
  ln "$work/rootfs.img" "$work/bundle/rootfs.img"
  sed "s/@ARCH@/$ARCH/; s/@VERSION@/$VERSION/" images/disk/rauc/manifest.raucm >"$work/bundle/manifest.raucm"
  rauc bundle --cert="$RAUC_CERT" --key="$RAUC_KEY" "$work/bundle" "$work/update.raucb"
  mv "$work/update.raucb" "$out/$name.raucb"
  echo "$out/$name.raucb $(($(stat -c %s "$out/$name.raucb") >> 20)) MiB"
else
  echo "no RAUC bundle: give RAUC_CERT and RAUC_KEY to sign one"
fi
mv "$work/rootfs.img" "$out/$name.squashfs"
echo "$out/$name.squashfs $(($(stat -c %s "$out/$name.squashfs") >> 20)) MiB"
