#!/bin/sh
# Fetches the datablocks that were retrieved. A download that broke off goes on where it stopped when the script is run again; each
# datablock is compared with its checksum. A datablock is a tar.
#
#   sh download.sh [-x] [-d FOLDER]
#
#     -d FOLDER  into this folder, which is made if need be; without it, the one that the script is run in
#     -x         unpack each datablock that is right, into a folder named after its dataset
#     -h         this text
#
# It ends with 0 if every datablock is there and right, with 1 if one is not, with 2 if it was called wrongly. Needs curl, tar and one of
# sha256sum, shasum and openssl.
until=@UNTIL@

usage() {
  echo "usage: sh $0 [-x] [-d FOLDER]"
  echo "Fetches the retrieved datablocks into FOLDER (or here), compares each with its checksum, and with -x unpacks it."
  echo "The links hold until $until."
}

folder=. unpack=no
while getopts d:xh option; do
  case $option in
    d) folder=$OPTARG ;;
    x) unpack=yes ;;
    h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || { usage >&2; exit 2; }

say() { printf '%s\n' "$*"; }
problem() { printf '%s\n' "$*" >&2; }

command -v curl >/dev/null || { problem "curl is not installed."; exit 2; }
if command -v sha256sum >/dev/null; then
  digest() { sha256sum <"$1" | cut -c1-64; }
elif command -v shasum >/dev/null; then
  digest() { shasum -a 256 <"$1" | cut -c1-64; }
elif command -v openssl >/dev/null; then
  digest() { openssl dgst -sha256 -r <"$1" | cut -c1-64; }
else
  problem "None of sha256sum, shasum and openssl is installed: the datablocks could not be compared with their checksums."
  exit 2
fi

mkdir -p -- "$folder" && cd -- "$folder" || { problem "$folder cannot be used."; exit 2; }

right=0 wrong=0 failed= of=

bytes() { wc -c <"$1" | tr -d ' '; }

# What is about to be fetched belongs to this dataset.
dataset() {
  of=$1
  say "Dataset $of"
}

gives_up() {
  wrong=$((wrong + 1))
  failed="$failed
  $1: $2"
  problem "  $1: $2"
}

# NAME BYTES SHA-256 URL
datablock() {
  if [ -f "./$1" ]; then
    if [ "$(digest "./$1")" != "$3" ]; then
      gives_up "$1" "a file of this name is there and is something else. Move it away and run the script again."
      return
    fi
    say "  $1 is there already, and right"
  else
    fetch "$1" "$2" "$4" || return
    if [ "$(digest "./$1.part")" != "$3" ]; then
      # Going on from what came would not make it right.
      rm -f -- "./$1.part"
      gives_up "$1" "its checksum is wrong; it was taken away. Run the script again."
      return
    fi
    mv -- "./$1.part" "./$1"
    say "  $1 is there, and right"
  fi
  right=$((right + 1))
  unpack_one "$1"
}

# NAME BYTES URL: into NAME.part.
fetch() {
  [ -f "./$1.part" ] && [ "$(bytes "./$1.part")" -gt "$2" ] && rm -f -- "./$1.part"
  if [ ! -f "./$1.part" ] || [ "$(bytes "./$1.part")" -lt "$2" ]; then
    say "  $1 ($2 bytes)"
    curl --fail --location --silent --show-error --retry 5 --retry-delay 2 --connect-timeout 30 \
      --continue-at - --output "./$1.part" -- "$3"
    ended=$?
    case $ended in
      0) ;;
      22) gives_up "$1" "the server refuses it. The links hold until $until: ask for new ones if that is over."; return 1 ;;
      23) gives_up "$1" "it cannot be written: see whether there is room and whether you may write here."; return 1 ;;
      *) gives_up "$1" "the download broke off (curl: $ended). Run the script again: it goes on where it stopped."; return 1 ;;
    esac
  fi
  [ "$(bytes "./$1.part")" -eq "$2" ] && return 0
  gives_up "$1" "it has $(bytes "./$1.part") of $2 bytes. Run the script again."
  return 1
}

unpack_one() {
  [ "$unpack" = yes ] || return 0
  into=$(printf '%s' "$of" | tr -c 'A-Za-z0-9._-' '-')
  if mkdir -p -- "./$into" && tar -xf "./$1" -C "./$into"; then
    say "  $1 is unpacked into $into"
  else
    right=$((right - 1))
    gives_up "$1" "it is right, but could not be unpacked."
  fi
}
