// The least that a mint can cost: connects, verifies the server against the hashed trust folder, sends one POST, reads
// the reply. No masking, no lease, no retries, no proxy. Linked statically with the same OpenSSL as the executable;
// `scripts/bench` builds it and times it beside `mint`.
//
// URL (https://localhost:PORT) and PULUMI_ACCESS_TOKEN come from the environment.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
    fprintf(stderr, "floor: %s\n", what);
    return 1;
}

static int connect_to(int port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

static SSL *handshake(int fd) {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_load_verify_locations(context, NULL, "/etc/ssl/certs");
    SSL *tls = SSL_new(context);
    SSL_set_tlsext_host_name(tls, "localhost");
    SSL_set1_host(tls, "localhost");
    SSL_set_fd(tls, fd);
    return SSL_connect(tls) == 1 ? tls : NULL;
}

int main(void) {
    const char *url = getenv("URL"), *token = getenv("PULUMI_ACCESS_TOKEN");
    int port = 0;
    if (!url || !token || sscanf(url, "https://localhost:%d", &port) != 1) return fail("URL or token is missing");
    int fd = connect_to(port);
    if (fd < 0) return fail("no connection");
    SSL *tls = handshake(fd);
    if (!tls) return fail("no handshake");

    char body[128], request[1024], reply[16384];
    int size = snprintf(body, sizeof body, "{\"description\":\"x\",\"expires\":%ld}", (long)time(NULL) + 3600);
    int length = snprintf(request, sizeof request,
                          "POST /api/user/tokens HTTP/1.1\r\nHost: localhost:%d\r\nAuthorization: token %s\r\n"
                          "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                          port, token, size, body);
    if (SSL_write(tls, request, length) != length) return fail("the request was not sent");
    int got = SSL_read(tls, reply, sizeof reply - 1);
    if (got <= 0) return fail("no reply");
    reply[got] = 0;
    return strncmp(reply, "HTTP/1.1 200", 12) == 0 ? 0 : fail("refused");
}
