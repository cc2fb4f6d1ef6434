# Preparation of a fresh Debian 12: installs those of $packages that are not there, then builds $targets, if any, in build/
# by the preset ADJOINT_PRESET, or else release.
# Sourced by train/run, tests/run and others, which stand in the project's root. Quick and silent when nothing is to be done.

missing=$(for package in $packages; do
    [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || echo "$package"
done)
if [ -n "$missing" ]; then
    missing=$(echo $missing)
    if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
    if ! command -v apt-get >/dev/null || { [ -n "$sudo" ] && ! command -v sudo >/dev/null; }; then
        echo "adjoint needs these Debian packages, or what they are called here: $missing" >&2
        exit 1
    fi
    echo "installing: $missing" >&2
    log=$(mktemp)
    { $sudo apt-get update && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
        >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    rm -f "$log"
fi

quietly() {
    log=$(mktemp)
    "$@" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; exit 1; }
    rm -f "$log"
}
[ -n "$targets" ] || return 0
# After an installation too, or where a target is missing: what was not found before may be there now.
{ [ -z "$missing" ] && ninja -C build -t query $targets >/dev/null 2>&1; } || quietly cmake --preset "${ADJOINT_PRESET:-release}"
[ -e build/.ninja_log ] || echo "building, which takes some minutes the first time" >&2
quietly ninja -C build $targets
