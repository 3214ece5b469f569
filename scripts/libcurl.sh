# shellcheck shell=bash
# Sourced by scripts that build libcurl: the options, and how it is made from Debian's source package.
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

# Only what an HTTPS client with proxies needs; everything else is attack surface.
curl_options=(
    --disable-shared --enable-static --with-pic --disable-dependency-tracking
    --enable-http --enable-proxy --enable-threaded-resolver --enable-ipv6
    --disable-{ldap,ldaps,rtsp,dict,telnet,tftp,pop3,imap,smb,smtp,gopher,mqtt,ftp,file,manual}
    --disable-{libcurl-option,ntlm,ntlm-wb,tls-srp,unix-sockets,cookies,alt-svc,hsts,netrc,doh,mime,dateparse}
    --disable-{get-easy-options,headers-api,progress-meter,openssl-auto-load-config,websockets}
    --without-{libpsl,nghttp2,nghttp3,ngtcp2,brotli,zstd,zlib,libidn2,librtmp,libssh2,libssh,gssapi,libgsasl}
    --without-{ca-bundle,ca-path,ca-fallback}
)
curl_cflags="-O2 -fPIC -ffunction-sections -fdata-sections -fstack-protector-strong"

# fetch_curl FOLDER: the source of the distribution's own libcurl.
fetch_curl() {
    private_lists "$1"
    list_machine_sources "$1"
    apt-get "${apt_options[@]}" update
    fetch_source "$1" curl
}

# make_curl FOLDER PREFIX ARGUMENT…: builds what fetch_curl left in FOLDER and installs it in PREFIX. The arguments go to
# configure.
make_curl() {
    (
        cd "$1"/source/curl-*/
        ./configure -q "${curl_options[@]}" CPPFLAGS="-D_FORTIFY_SOURCE=2" \
            CFLAGS="$curl_cflags -ffile-prefix-map=$PWD=curl" "${@:3}" >/dev/null
        make -s -j"$(nproc)" -C lib libcurl.la >/dev/null
        mkdir -p "$2/lib/pkgconfig" "$2/include/curl" "$2/licences"
        cp lib/.libs/libcurl.a "$2/lib/"
        cp include/curl/*.h "$2/include/curl/"
        cp COPYING "$2/licences/curl"
    ) >"$1/build.log" 2>&1 || {
        tail -40 "$1/build.log" >&2
        fail "could not build libcurl"
    }
    write_pkg_config "$2"
}

# write_pkg_config PREFIX: under a name of our own, so that a system's libcurl is never used by mistake.
write_pkg_config() {
    cat >"$1/lib/pkgconfig/pulumi-token-libcurl.pc" <<'PC'
prefix=${pcfiledir}/../..
libdir=${prefix}/lib
includedir=${prefix}/include

Name: pulumi-token-libcurl
Description: libcurl and OpenSSL as pulumi-token links them
Version: 1
Libs: -L${libdir} -lcurl -lssl -lcrypto
Cflags: -I${includedir}
PC
}
