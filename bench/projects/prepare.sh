#!/bin/sh
# Completes the bench projects in the folder given: their library, fonts and clip.
# usage: prepare.sh OUT_DIR      needs: npm, ffmpeg
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
[ -e "$out/video/clip.mp4" ] && exit 0
cp -r "$here/gsap" "$here/video" "$out/"
npm install --silent --no-audit --no-fund --prefix "$out/.npm" gsap@3.14.2 @fontsource/inter@5
for project in gsap video; do
  cp "$out/.npm/node_modules/gsap/dist/gsap.min.js" "$out/$project/"
  mkdir -p "$out/$project/fonts"
  for weight in 400 700 900; do
    cp "$out/.npm/node_modules/@fontsource/inter/files/inter-latin-$weight-normal.woff2" \
      "$out/$project/fonts/"
  done
done
ffmpeg -v error -y -f lavfi -i testsrc2=s=1280x720:r=30:d=10 -f lavfi -i sine=f=440:r=48000:d=10 \
  -c:v libx264 -preset medium -crf 20 -pix_fmt yuv420p -c:a aac -shortest "$out/video/clip.mp4"
