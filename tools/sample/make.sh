#!/usr/bin/env bash
# Makes the sample catalogue's films, posters, pictures and papers anew, in
# media/sample. Needs Go and, from Debian: chromium ffmpeg espeak-ng.
# Arguments go to the maker: -only adjectif-3, -only papers, -sheet FOLDER …
set -euo pipefail
cd "$(dirname "$0")/../.."
.ci/install chromium ffmpeg espeak-ng
go -C tools/sample run . "$@"
font=edge/web/vendor/atkinson-hyperlegible-next/atkinson-hyperlegible-next-latin-wght-normal.woff2
for page in exercice-adjectif lecture-ballon; do
  cp "$font" "media/sample/items/$page/atkinson-hyperlegible-next.woff2"
done
