#ifndef PULUMI_TOKEN_CLIBCURL_H
#define PULUMI_TOKEN_CLIBCURL_H
#include <curl/curl.h>
#endif
