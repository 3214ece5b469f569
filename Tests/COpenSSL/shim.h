#ifndef PULUMI_TOKEN_COPENSSL_H
#define PULUMI_TOKEN_COPENSSL_H
#include <openssl/ssl.h>
#endif
