// Typed inline functions over libcurl's variadic ones, and the few OpenSSL calls beside them.
// Everything a caller can get wrong in C (the type of an option's argument) is settled here.
#ifndef PULUMI_TOKEN_CLIBCURL_H
#define PULUMI_TOKEN_CLIBCURL_H

#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <malloc/malloc.h>
#else
#include <malloc.h>
#include <sys/syscall.h>
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#endif

// MARK: Memory: libcurl copies header fields and keeps buffers of what it sends and receives. They may hold a token, so
// whatever it frees is overwritten first.

static inline void curl_shim_wipe(void *bytes, size_t count) {
#if defined(__APPLE__)
    memset_s(bytes, count, 0, count);
#else
    explicit_bzero(bytes, count);
#endif
}

static inline size_t curl_shim_size(void *bytes) {
#if defined(__APPLE__)
    return malloc_size(bytes);
#else
    return malloc_usable_size(bytes);
#endif
}

static inline void curl_shim_free(void *bytes) {
    if (!bytes) return;
    curl_shim_wipe(bytes, curl_shim_size(bytes));
    free(bytes);
}

static inline void *curl_shim_realloc(void *bytes, size_t count) {
    if (!bytes) return malloc(count);
    size_t size = curl_shim_size(bytes);
    if (count <= size && count >= size / 2) return bytes;
    void *copy = malloc(count);
    if (!copy) return NULL;
    memcpy(copy, bytes, size < count ? size : count);
    curl_shim_free(bytes);
    return copy;
}

/// Starts libcurl; the first call counts. Never touches OpenSSL's configuration file.
static inline CURLcode curl_shim_global_init(void) {
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, curl_shim_free, curl_shim_realloc, strdup, calloc);
}

static inline const char *_Nullable curl_shim_version(void) {
    curl_version_info_data *about = curl_version_info(CURLVERSION_NOW);
    return about ? about->version : NULL;
}

// MARK: Options.

static inline CURLcode curl_shim_set_number(CURL *_Nonnull easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode curl_shim_set_size(CURL *_Nonnull easy, CURLoption option, int64_t value) {
    return curl_easy_setopt(easy, option, (curl_off_t)value);
}

/// libcurl copies the text.
static inline CURLcode curl_shim_set_text(CURL *_Nonnull easy, CURLoption option, const char *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

/// libcurl keeps the pointer.
static inline CURLcode curl_shim_set_pointer(CURL *_Nonnull easy, CURLoption option, void *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

typedef size_t (*curl_shim_receiver)(char *_Nonnull bytes, size_t size, size_t count, void *_Nonnull context);

/// The functions that take the body and the header lines of a reply.
static inline void curl_shim_set_receivers(
    CURL *_Nonnull easy, curl_shim_receiver _Nonnull body, curl_shim_receiver _Nonnull line, void *_Nonnull context
) {
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, line);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
}

typedef int (*curl_shim_gate)(
    void *_Nonnull context, char *_Nullable peer, char *_Nullable local, int peer_port, int local_port);

/// The function that is asked each time before a request is written to a connection.
static inline void curl_shim_set_gate(CURL *_Nonnull easy, curl_shim_gate _Nonnull gate, void *_Nonnull context) {
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, gate);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
}

static inline curl_socket_t curl_shim_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
#if defined(SOCK_CLOEXEC)
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
    int number = socket(address->family, address->socktype, address->protocol);
    if (number >= 0) fcntl(number, F_SETFD, FD_CLOEXEC);
    return number;
#endif
}

/// Opens connections that no child inherits.
static inline void curl_shim_keep_connections_from_children(CURL *_Nonnull easy) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, curl_shim_open_socket);
}

static inline CURLSHcode curl_shim_share(CURLSH *_Nonnull share, curl_lock_data what) {
    return curl_share_setopt(share, CURLSHOPT_SHARE, what);
}

/// How many idle connections are kept.
static inline void curl_shim_set_connections_kept(CURLM *_Nonnull multi, long count) {
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, count);
}

// MARK: Results.

static inline long curl_shim_number(CURL *_Nonnull easy, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline int64_t curl_shim_large_number(CURL *_Nonnull easy, CURLINFO info) {
    curl_off_t value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

/// The next request that has ended, with how; NULL when none has.
static inline CURL *_Nullable curl_shim_next_ended(CURLM *_Nonnull multi, CURLcode *_Nonnull code) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE) continue;
        *code = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

/// Waits for libcurl's connections, and for one descriptor more unless it is negative. Sets `readable` for that one.
static inline CURLMcode curl_shim_poll(
    CURLM *_Nonnull multi, int descriptor, int milliseconds, int *_Nonnull readable
) {
    struct curl_waitfd extra = {.fd = descriptor, .events = CURL_WAIT_POLLIN, .revents = 0};
    CURLMcode code = curl_multi_poll(multi, &extra, descriptor >= 0 ? 1 : 0, milliseconds, NULL);
    *readable = extra.revents != 0;
    return code;
}

// MARK: OpenSSL.

#if !defined(__APPLE__)

/// Starts OpenSSL without its configuration file and the modules that it may name. Has to come before all else.
static inline int curl_shim_start_openssl(void) {
    // What a connection does not need, and takes a tenth of the time to it. TLS finds its ciphers elsewhere: the table of
    // all is for keys under a passphrase. Reasons are loaded when there is one to tell.
    const uint64_t options = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS
        | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;
    return OPENSSL_init_crypto(options, NULL) && OPENSSL_init_ssl(options | OPENSSL_INIT_NO_LOAD_SSL_STRINGS, NULL);
}

/// Finds the algorithms of TLS and keeps them for all connections of the process.
static inline void curl_shim_find_algorithms(void) {
    SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
    ERR_clear_error();
}

static inline const char *_Nonnull curl_shim_openssl_version(void) {
    return OpenSSL_version(OPENSSL_VERSION);
}

static inline const char *_Nonnull curl_shim_verify_reason(long code) {
    return X509_verify_cert_error_string(code);
}

/// OpenSSL's number for the reason in an error code, an SSL_R_… constant; 0 for errors outside TLS.
static inline int curl_shim_handshake_reason(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
}

static inline const char *_Nonnull curl_shim_handshake_text(unsigned long error) {
    // Those of all parts of OpenSSL that a handshake calls.
    ERR_load_SSL_strings();
    ERR_load_X509_strings();
    ERR_load_X509V3_strings();
    ERR_load_ASN1_strings();
    ERR_load_CRYPTO_strings();
    ERR_load_EVP_strings();
    ERR_load_RSA_strings();
    ERR_load_EC_strings();
    ERR_load_PEM_strings();
    ERR_load_BIO_strings();
    ERR_load_RAND_strings();
    const char *text = ERR_reason_error_string(error);
    return text ? text : "unknown reason";
}

/// 32 bytes to `digest`; 1 when it worked.
///
/// Not by the newer functions, which look the algorithm up and wait for a thread that is filling the same table.
static inline int curl_shim_sha256(const void *_Nullable bytes, size_t count, uint8_t *_Nonnull digest) {
    SHA256_CTX context;
    int is_done = SHA256_Init(&context) && SHA256_Update(&context, bytes, count) && SHA256_Final(digest, &context);
    OPENSSL_cleanse(&context, sizeof context);
    return is_done;
}

/// What stopped the latest handshake.
typedef struct curl_shim_handshake {
    /// 0 when the peer or the network just went away.
    unsigned long error;
    /// Why a certificate was not accepted, an X509_V_ERR_… constant; X509_V_OK when none was refused.
    int verification;
    /// Under which name a folder has the authority of that certificate.
    unsigned long issuer;
} curl_shim_handshake;

static inline void curl_shim_note_handshake(const SSL *ssl, int where, int result) {
    if (where != SSL_CB_CONNECT_EXIT || result > 0) return;
    curl_shim_handshake *handshake = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    unsigned long error = ERR_peek_error();
    int ended = ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (handshake) handshake->error = ended ? 0 : error;
}

/// libcurl takes the first error that OpenSSL has noted for the reason, and that may be of an authority's file.
static inline int curl_shim_note_certificate(int is_accepted, X509_STORE_CTX *store) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    curl_shim_handshake *handshake = ssl ? SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)) : NULL;
    if (is_accepted || !handshake) return is_accepted;
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    handshake->verification = X509_STORE_CTX_get_error(store);
    handshake->issuer = certificate ? X509_issuer_name_hash(certificate) : 0;
    return is_accepted;
}

static inline CURLcode curl_shim_watch_context(CURL *easy, void *context, void *handshake) {
    (void)easy;
    SSL_CTX *ours = context;
    ((curl_shim_handshake *)handshake)->verification = X509_V_OK;
    // What has been read is wiped in the buffer where it was decrypted: a reply may hold a token.
    SSL_CTX_set_options(ours, SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_app_data(ours, handshake);
    SSL_CTX_set_info_callback(ours, curl_shim_note_handshake);
    SSL_CTX_set_verify(ours, SSL_CTX_get_verify_mode(ours), curl_shim_note_certificate);
    return CURLE_OK;
}

/// Whether a name is one under which OpenSSL finds an authority: `5ed36f99.0`.
static inline int curl_shim_is_hashed_name(const char *_Nonnull name) {
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] >= '0' && name[9] <= '9' && !name[10];
}

/// Whether OpenSSL can find anything in a folder.
///
/// Usually one of the first names tells, so they are read in small pieces: the listing of a whole one takes as long as the
/// rest of the way to the connection. Never inline: within a Swift function its buffer would lose the guard of the stack.
__attribute__((noinline)) static int curl_shim_holds_hashed_names(const char *_Nonnull folder) {
    int is_found = 0;
#if defined(__linux__)
    char piece[1024] __attribute__((aligned(8)));
    long count = 0;
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    while (!is_found && (count = syscall(SYS_getdents64, descriptor, piece, sizeof piece)) > 0) {
        for (long offset = 0; offset < count;) {
            const struct dirent *entry = (const struct dirent *)(piece + offset);
            is_found = is_found || curl_shim_is_hashed_name(entry->d_name);
            offset += entry->d_reclen;
        }
    }
    close(descriptor);
#else
    DIR *entries = opendir(folder);
    if (!entries) return 0;
    for (struct dirent *entry; !is_found && (entry = readdir(entries));) is_found = curl_shim_is_hashed_name(entry->d_name);
    closedir(entries);
#endif
    return is_found;
}

/// Whether there is a certificate in a text that OpenSSL understands.
static inline int curl_shim_has_certificate(const void *_Nullable text, size_t count) {
    BIO *memory = BIO_new_mem_buf(text, (int)count);
    X509 *certificate = memory ? PEM_read_bio_X509_AUX(memory, NULL, NULL, NULL) : NULL;
    int is_there = certificate != NULL;
    X509_free(certificate);
    BIO_free(memory);
    ERR_clear_error();
    return is_there;
}

/// Keeps `handshake` up to date; it has to live as long as the connections that the handle opens.
static inline void curl_shim_watch_handshake(CURL *_Nonnull easy, curl_shim_handshake *_Nonnull handshake) {
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, curl_shim_watch_context);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, handshake);
}

#endif
#endif
