// OpenSSL for the cloud emulator: its macros and variadic functions as typed inline functions, and the few calls of the
// operating system that Swift sees differently on each platform.
#ifndef PULUMI_TOKEN_COPENSSL_H
#define PULUMI_TOKEN_COPENSSL_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// A fresh key on P-256; null on failure.
static inline EVP_PKEY *_Nullable emulator_new_ec_key(void) {
    return EVP_EC_gen("P-256");
}

/// A fresh RSA key of 2048 bits; null on failure.
static inline EVP_PKEY *_Nullable emulator_new_rsa_key(void) {
    return EVP_RSA_gen(2048);
}

/// The bytes of a memory BIO, which go on owning them.
static inline long emulator_memory(BIO *_Nonnull bio, char *_Nullable *_Nonnull bytes) {
    return BIO_get_mem_data(bio, bytes);
}

/// Adds an extension in the syntax of openssl.cnf; 1 on success.
static inline int emulator_add_extension(
    X509 *_Nonnull certificate, X509 *_Nonnull issuer, int nid, const char *_Nonnull value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

/// Refuses everything below TLS 1.2, and writes a reply with as few calls as possible.
static inline void emulator_set_tls_defaults(SSL_CTX *_Nonnull context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

/// Speaks TLS 1.1 and nothing later, which OpenSSL 3 does only without its usual standards; 1 on success.
static inline int emulator_use_old_tls(SSL_CTX *_Nonnull context) {
    SSL_CTX_set_security_level(context, 0);
    return SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION) == 1
        && SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION) == 1
        && SSL_CTX_set_cipher_list(context, "DEFAULT@SECLEVEL=0") == 1;
}

/// Speaks TLS 1.2 with these ciphers and nothing else; 1 on success.
static inline int emulator_use_ciphers(SSL_CTX *_Nonnull context, const char *_Nonnull ciphers) {
    return SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) == 1
        && SSL_CTX_set_cipher_list(context, ciphers) == 1;
}

/// Names the server that a client wants to talk to; 1 on success.
static inline int emulator_set_server_name(SSL *_Nonnull tls, const char *_Nonnull name) {
    return (int)SSL_set_tlsext_host_name(tls, name);
}

/// A socket that no child inherits, not even one that another thread starts at this moment; -1 with errno set.
static inline int emulator_socket(int family) {
#if defined(SOCK_CLOEXEC)
    return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
    int descriptor = socket(family, SOCK_STREAM, 0);
    if (descriptor >= 0) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return descriptor;
#endif
}

/// The next client of a listening socket, inherited by no child; -1 with errno set.
static inline int emulator_accept(int listener) {
#if defined(__linux__)
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
#else
    int descriptor = accept(listener, NULL, NULL);
    if (descriptor >= 0) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return descriptor;
#endif
}

/// A listening socket on the loopback address of a family (AF_INET, AF_INET6), port 0 for any; -1 with errno set.
static inline int emulator_listen(int family, in_port_t port) {
    int one = 1, result = -1;
    int descriptor = emulator_socket(family);
    if (descriptor < 0) return -1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (family == AF_INET6) {
        struct sockaddr_in6 address = {0};
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(port);
        address.sin6_addr = in6addr_loopback;
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
        result = bind(descriptor, (struct sockaddr *)&address, sizeof address);
    } else {
        struct sockaddr_in address = {0};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        result = bind(descriptor, (struct sockaddr *)&address, sizeof address);
    }
    if (result < 0 || listen(descriptor, 1024) < 0) {
        int code = errno;
        close(descriptor);
        errno = code;
        return -1;
    }
    return descriptor;
}

/// A connected socket to a port of 127.0.0.1; -1 with errno set.
static inline int emulator_connect(in_port_t port) {
    int descriptor = emulator_socket(AF_INET);
    if (descriptor < 0) return -1;
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/// The port on which a socket listens; 0 on failure.
static inline in_port_t emulator_port(int descriptor) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &size) < 0) return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

/// Sends small replies at once, and keeps a vanished client from raising a signal where that is a socket option.
static inline void emulator_prepare_socket(int descriptor) {
    int one = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
#if defined(SO_NOSIGPIPE)
    setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &one, sizeof one);
#endif
}

/// Makes the following close send RST instead of FIN.
static inline void emulator_reset_on_close(int descriptor) {
    struct linger linger = {1, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/// What became of a wait on a client's socket.
enum emulator_event { EMULATOR_TIMEOUT = 0, EMULATOR_CLIENT_LEFT = 1, EMULATOR_STOPPED = 2 };

/// Waits until the client has left, the stop descriptor is readable, or the time is over (-1: for ever).
/// A descriptor of -1 is not looked at.
static inline enum emulator_event emulator_wait(int client, int stop, int milliseconds) {
#if defined(POLLRDHUP)
    const short left = POLLRDHUP;
#elif defined(__linux__)
    const short left = 0x2000;
#else
    const short left = 0;
#endif
    struct pollfd watched[2] = {{client, left, 0}, {stop, POLLIN, 0}};
    int count = poll(watched, 2, milliseconds);
    if (count > 0 && watched[1].revents) return EMULATOR_STOPPED;
    if (count > 0 && watched[0].revents) return EMULATOR_CLIENT_LEFT;
    return EMULATOR_TIMEOUT;
}

#endif
