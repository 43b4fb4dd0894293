#!/bin/sh
# Installs what Famulus needs from the system and does not find: Python >= 3.11 with venv, a C++ compiler,
# certificates, the libraries that Qt draws with. Asks for the capability, not for the package, so nothing is
# installed that is already there by another way. Without the right to install it prints the exact line and exits 1.
#   system_packages.sh [test | package | check-deb]     also what the tests, building the .deb or proving it need
set -eu

here=$(dirname "$0")
purpose=${1:-}

have_python() {
    sh "$here/find_python.sh" >/dev/null
}

have_compiler() {
    echo '#include <vector>' | "${CXX:-c++}" -x c++ -E - >/dev/null 2>&1
}

have_certificates() {
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ ! -d /etc/apt ]
}

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

install_on_macos() {
    # Without the tools, c++ itself is a stub that opens a dialog: ask xcode-select first.
    xcode-select -p >/dev/null 2>&1 || fail "Apple's command line tools are missing. Install them with:" \
        "  xcode-select --install"
    have_python && return
    command -v brew >/dev/null || fail "Python 3.11 or newer is missing. Install it from python.org, or with Homebrew:" \
        "  brew install python@3.13"
    echo "Installing Python with Homebrew"
    brew install python@3.13
}

# Ubuntu 22.04's own python3 is 3.10; its 3.11 is a package beside it.
python_packages() {
    candidate=$(LC_ALL=C apt-cache policy python3 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9].*\)/\1/p')
    if [ -n "$candidate" ] && dpkg --compare-versions "$candidate" lt 3.11; then
        echo python3.11 python3.11-venv
    else
        echo python3 python3-venv
    fi
}

# What Qt's libraries and plugins of PySide6-Essentials are linked with, as packaging/linux/build_deb.py finds it,
# without what the C++ compiler and these packages bring along.
window_libraries() {
    cat <<'END'
libEGL.so.1 libegl1
libGL.so.1 libgl1
libX11-xcb.so.1 libx11-xcb1
libbrotlidec.so.1 libbrotli1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libglib-2.0.so.0 libglib2.0-0
libgssapi_krb5.so.2 libgssapi-krb5-2
libxcb-cursor.so.0 libxcb-cursor0
libxcb-glx.so.0 libxcb-glx0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-shape.so.0 libxcb-shape0
libxcb-sync.so.1 libxcb-sync1
libxcb-xfixes.so.0 libxcb-xfixes0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
END
}

# dpkg-shlibdeps looks into every library that the package is linked with.
packaging_libraries() {
    cat <<'END'
libwayland-cursor.so.0 libwayland-cursor0
libwayland-egl.so.1 libwayland-egl1
END
}

missing_libraries() {
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
    while read -r library package; do
        case $known in *"$library"*) ;; *) echo "$package" ;; esac
    done
}

# PyInstaller takes Python's own library along; Debian has it in a package of its own.
missing_python_library() {
    have_python || return 0
    "$(sh "$here/find_python.sh")" -c '
import ctypes, os, sys, sysconfig
name = "libpython%d.%d.so.1.0" % sys.version_info[:2]
own = os.path.join(sysconfig.get_config_var("LIBDIR"), name)
try:
    ctypes.CDLL(own if os.path.exists(own) else name)
except OSError:
    print(name.partition(".so")[0])'
}

missing_program() {
    command -v "$1" >/dev/null || echo "$2"
}

missing_packages() {
    have_python || python_packages
    have_compiler || echo g++
    have_certificates || echo ca-certificates
    window_libraries | missing_libraries
    case $purpose in
        test) missing_screen ;;
        package) missing_for_package ;;
        check-deb) missing_for_package; missing_for_check ;;
    esac
}

# A virtual screen with a window manager, keys, a session bus, screen readers' interface, Chinese characters.
missing_screen() {
    missing_program Xvfb xvfb
    missing_program openbox openbox
    missing_program xdotool xdotool
    missing_program dbus-run-session dbus-daemon
    [ -e /usr/libexec/at-spi-bus-launcher ] || echo at-spi2-core
    /usr/bin/python3 -c 'import gi; gi.require_version("Atspi", "2.0")' 2>/dev/null || echo python3-gi gir1.2-atspi-2.0
    missing_program fc-list fontconfig
    { command -v fc-list >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q .; } || echo fonts-noto-cjk
}

missing_for_package() {
    packaging_libraries | missing_libraries
    missing_program dpkg-shlibdeps dpkg-dev
    missing_python_library
}

missing_for_check() {
    PATH="$PATH:/usr/sbin" missing_program debootstrap debootstrap
    missing_program lintian lintian
    missing_program Xvfb xvfb
    missing_program openbox openbox
    missing_program xdotool xdotool
    missing_program import imagemagick
}

not_installed() {
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}

install_with_apt() {
    if [ "$(id -u)" -eq 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=sudo
    else
        fail "System packages are missing, and installing them needs root. Run:" \
            "  sudo apt-get update && sudo apt-get install --no-install-recommends $(not_installed $(missing_packages))"
    fi
    # A bare machine has no package lists yet; an unreachable third-party source must not stop the install.
    $as_root apt-get -qq update || echo "apt-get update failed; going on with the lists at hand" >&2
    packages=$(not_installed $(missing_packages))
    echo "Installing system packages: $packages"
    # shellcheck disable=SC2086  # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends $packages >/dev/null
}

if [ -n "${PYTHON:-}" ] && ! have_python; then
    fail "PYTHON=$PYTHON is not a Python 3.11 or newer that can make virtual environments."
fi
if [ "$(uname -s)" = Darwin ]; then
    install_on_macos
elif [ -n "$(missing_packages)" ]; then
    command -v apt-get >/dev/null || fail "Missing, by their names in Debian: $(missing_packages | xargs)" \
        "This is no Debian or Ubuntu: install them with your system's package manager, then run make again."
    [ -z "$(not_installed $(missing_packages))" ] || install_with_apt
fi
have_python || fail "There is still no Python 3.11 or newer with venv: this release of the system may be too old."
have_compiler || fail "The C++ compiler ${CXX:-c++} does not work."
