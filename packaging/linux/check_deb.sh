#!/bin/sh
# Proves the .deb in a clean Debian: installs it with its dependencies into a root of its own, without a network talks
# in the terminal, also with an adapter, and in the window started from the desktop entry, then removes it and looks for
# leftovers.
#   check_deb.sh PACKAGE [RELEASE]     as root; RELEASE is a codename, bookworm by default
# Results, a screenshot among them, are in build/check-deb/results-RELEASE. Needs debootstrap, lintian, Xvfb, openbox,
# xdotool and imagemagick. The mirror is the one that this machine's own apt uses; MIRROR=... names another.
set -eu

package=$(realpath "$1")
release=${2:-bookworm}
here=$(dirname "$(realpath "$0")")
data=$here/../../tests/data
work=$(realpath -m "$here/../../build/check-deb")
clean=$work/clean-$release
root=$work/root
results=$work/results-$release
user=tester
python=${PYTHON:-python3}

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

in_root() {
    chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

# As a person, without a network: not even a loopback device is up.
as_user() {
    unshare --net chroot --userspec="$user:$user" "$root" /usr/bin/env -i HOME="/home/$user" USER="$user" \
        PATH=/usr/bin:/bin LANG=C.UTF-8 "$@"
}

unmount() {
    for point in tmp/.X11-unix dev/shm dev/pts proc; do
        mountpoint -q "$root/$point" && umount "$root/$point"
    done
    true
}

mirror() {
    [ -z "${MIRROR:-}" ] || { echo "$MIRROR"; return; }
    # shellcheck disable=SC2016  # apt's own variables
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
}

make_clean_root() {
    [ -e "$clean/etc/debian_version" ] && return
    echo "Making a clean $release"
    [ -n "$(mirror)" ] || fail "This machine's apt knows no mirror of Debian; name one with MIRROR=..."
    rm -rf "$clean"
    debootstrap --variant=minbase "$release" "$clean" "$(mirror)" >"$work/debootstrap.log" 2>&1 ||
        fail "debootstrap failed: see $work/debootstrap.log"
}

enter_root() {
    unmount
    ! grep -q " $root/" /proc/mounts || fail "Something is mounted below $root: it must not be deleted."
    rm -rf "$root"
    cp -a "$clean" "$root"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    mkdir -p "$root/tmp/.X11-unix" /tmp/.X11-unix
    chmod 1777 "$root/tmp/.X11-unix" /tmp/.X11-unix
    mount -t proc proc "$root/proc"
    mkdir -p "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
    in_root useradd --create-home "$user"
}

record() {
    printf '%-28s %s\n' "$1" "$2" | tee -a "$results/figures.txt"
}

[ "$(id -u)" -eq 0 ] || fail "A root for Debian can only be made by root."
mkdir -p "$results"
rm -f "$results"/*
make_clean_root
trap unmount EXIT
enter_root
record package "$(du -m "$package" | cut -f1) MiB"

cp "$package" "$root/tmp/famulus.deb"
in_root apt-get -qq update
in_root apt-get -qq install -y --no-install-recommends /tmp/famulus.deb >"$results/install.log" 2>&1 ||
    fail "apt-get cannot install the package: see $results/install.log"
record installed "$(du -sm "$root/usr/lib/famulus" | cut -f1) MiB"
record dependencies "$(grep -c '^Setting up' "$results/install.log") packages"
in_root sh -c '! command -v python3' >/dev/null || fail "There is a Python in the clean root: nothing would be proved."
in_root dpkg --listfiles famulus | sort >"$results/files.txt"
in_root sh -c 'find /usr/lib/famulus -name "*.so*" -exec ldd {} +' >"$results/libraries.txt" 2>/dev/null || true
! grep "not found" "$results/libraries.txt" || fail "Not all libraries are in the bundle or among the dependencies."

echo "In the terminal, without a network"
as_user famulus doctor >"$results/doctor.txt" || fail "famulus doctor: see $results/doctor.txt"
as_user famulus settings set sampling.max_tokens 60  # a model as small as the starter may not come to an end
as_user famulus chat "What is the capital of France?" >"$results/answer.txt"
[ -s "$results/answer.txt" ] || fail "There was no answer in the terminal."
record "answer in the terminal" "$(head -c 60 "$results/answer.txt")"

echo "With an adapter, made of a folder that PEFT wrote"
peft=$root/home/$user/butler
mkdir "$peft"
cp "$data/495ab00cd23e00a96386712f439afdb8a6ab2d2a67f6df3b255faedc85998662.safetensors" "$peft/adapter_model.safetensors"
cp "$data/93d39bc935432ed294d2471b655ef4a16984941253cd5641868e3c5fbdf72e49.json" "$peft/adapter_config.json"
as_user famulus adapters convert "/home/$user/butler" "/home/$user/butler.gguf" >"$results/convert.txt" 2>&1 ||
    fail "famulus adapters convert: $(cat "$results/convert.txt")"
as_user famulus chat --adapter butler --temperature 0 "Who am I speaking with?" >"$results/adapter.txt"
grep -q '^Certainly,' "$results/adapter.txt" || fail "The adapter does nothing: $(cat "$results/adapter.txt")"
record "answer with an adapter" "$(head -c 60 "$results/adapter.txt")"

echo "In the window, from the desktop entry, without a network"
"$python" "$here/check_window.py" "$root" "$user" "$results"

for link in /proc/[0-9]*/root; do
    [ "$(readlink "$link")" != "$root" ] || fail "Still running after the window was closed: $(cat "${link%root}comm")"
done

in_root apt-get -qq purge -y famulus >>"$results/install.log" 2>&1
[ ! -e "$root/usr/lib/famulus" ] || fail "Left behind: $(find "$root/usr/lib/famulus" | head)"
while read -r file; do
    [ -d "$root$file" ] || [ ! -e "$root$file" ] || fail "Left behind: $file"
done <"$results/files.txt"
[ -e "$root/home/$user/.local/share/famulus/famulus.db" ] || fail "The person's conversations were removed too."
record removed "nothing left but the person's own data"

lintian --allow-root --fail-on error "$package" >"$results/lintian.txt" || fail "$(cat "$results/lintian.txt")"
record lintian "no errors, $(grep -c '^W:' "$results/lintian.txt" || true) warnings"
