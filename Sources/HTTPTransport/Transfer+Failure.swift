internal import CLibcurl

// Why a request failed. libcurl's and OpenSSL's codes decide; their texts are never read, and most are never shown,
// because some of them quote a proxy's URL with its password.
extension Transfer {
    /// The failure behind a code of libcurl's.
    func failure(_ code: CURLcode) -> TransportError {
        let mayHaveArrived = mayHaveArrived
        let (failure, detail) = mayHaveArrived ? failureUnderWay(code) : failureBefore(code)
        return TransportError(failure, requestMayHaveArrived: mayHaveArrived, detail: detail)
    }

    /// The request took too long, or a signal left it no more time.
    func failure(endedBy failure: TransportError.Failure) -> TransportError {
        let detail =
            failure == .interrupted
            ? "the request to \(url.authority) was interrupted by a signal"
            : "\(waitedFor) within \(limit.timeout.inSeconds)"
        return TransportError(failure, requestMayHaveArrived: mayHaveArrived, detail: detail)
    }

    /// Whether the certificate was not accepted for a reason that other authorities to trust may cure.
    func isCertificateUntrusted(_ code: CURLcode) -> Bool {
        isCertificateRefused(code) && verifyResult > Int(Self.verifyResultOfNames)
    }

    /// libcurl knows only half of them: a file of an authority that cannot be read is an error of its own to it.
    private func isCertificateRefused(_ code: CURLcode) -> Bool {
        code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR && easy.refusedCertificate != nil
    }

    private func failureUnderWay(_ code: CURLcode) -> (TransportError.Failure, String) {
        switch code {
        case _ where isReplyTooLarge, CURLE_FILESIZE_EXCEEDED:
            (.replyTooLarge, "the reply from \(url.authority) exceeds the limit of \(request.replyLimit) bytes")
        // What libcurl has no memory for is a line that is longer than it takes.
        case _ where isHeadTooLong, CURLE_OUT_OF_MEMORY:
            (.replyTooLarge, "the header fields from \(url.authority) exceed the limit of \(ReplyHead.limit) bytes")
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            (.malformedReply, "the reply from \(url.authority) is not HTTP")
        case CURLE_PARTIAL_FILE:
            (.connectionLost, "the connection to \(url.authority) ended in the middle of the reply")
        case CURLE_OPERATION_TIMEDOUT:
            (.timeout, "\(waitedFor) within \(limit.connecting.inSeconds)")
        default:
            (.connectionLost, "the connection to \(url.authority) was lost before its reply was complete")
        }
    }

    private func failureBefore(_ code: CURLcode) -> (TransportError.Failure, String) {
        if let proxy, let failure = failure(at: proxy, code) { return failure }
        return switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            (.nameLookup, "cannot look up the name \(url.host)")
        case CURLE_COULDNT_CONNECT:
            (.connect, "cannot connect to \(url.authority)" + connectReason)
        case CURLE_OPERATION_TIMEDOUT:
            (.timeout, "\(waitedFor) within \(limit.connecting.inSeconds)")
        case _ where isCertificateRefused(code):
            brokenAuthority.map { (.trustStore, $0.problem(of: url.authority)) }
                ?? (.tls, certificateProblem(of: url.authority))
        case CURLE_SSL_CACERT_BADFILE:
            (.trustStore, "\(trustedPlace) contains no certificate that can be read")
        case CURLE_SSL_CONNECT_ERROR where easy.handshakeError == 0, CURLE_SEND_ERROR, CURLE_RECV_ERROR:
            (.connectionLost, "the connection to \(url.authority) ended before the request was sent")
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CLIENTCERT, CURLE_SSL_INVALIDCERTSTATUS:
            (.tls, handshakeProblem(with: url.authority))
        case CURLE_OUT_OF_MEMORY:
            (.other, "out of memory")
        default:
            (.other, "the request to \(url.authority) failed: \(String(cString: curl_easy_strerror(code)))")
        }
    }

    /// nil when the proxy had done its part.
    private func failure(at proxy: ProxySettings.Proxy, _ code: CURLcode) -> (TransportError.Failure, String)? {
        let name = "the proxy \(proxy)"
        let status = easy.number(CURLINFO_HTTP_CONNECTCODE)
        if status / 100 == 2 { return nil }
        switch code {
        // 401 is what tinyproxy says to a wrong password.
        case _ where status == 407 || status == 401:
            return (.proxyRefusal, "\(name) requires credentials, or rejected the ones it got (status \(status))")
        case _ where status == 403:
            return (.proxyRefusal, "\(name) refused the connection to \(url.authority) (status \(status))")
        case _ where status != 0:
            return (.proxy, "\(name) refused the connection to \(url.authority) (status \(status))")
        case CURLE_COULDNT_RESOLVE_PROXY:
            return (.proxy, "cannot look up the name of \(name)")
        case CURLE_COULDNT_CONNECT:
            return (.proxy, "cannot connect to \(name)" + connectReason)
        case CURLE_PROXY, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING:
            return (.proxy, "\(name) did not open a connection to \(url.authority)")
        case _ where proxy.isEncrypted && isCertificateRefused(code):
            return (.proxy, brokenAuthority?.problem(of: name) ?? certificateProblem(of: name))
        case CURLE_SSL_CONNECT_ERROR where proxy.isEncrypted:
            return (.proxy, handshakeProblem(with: name))
        default:
            return nil
        }
    }
}

// MARK: The words for it

extension Transfer {
    private var waitedFor: String {
        if mayHaveArrived { return "\(url.authority) did not send a complete reply" }
        let hasName = easy.hasPassed(CURLINFO_NAMELOOKUP_TIME_T)
        let hasConnection = easy.number(CURLINFO_NUM_CONNECTS) > 0
        if let proxy {
            if !hasConnection { return "cannot connect to the proxy \(proxy)" }
            if proxy.speaksHTTP, easy.number(CURLINFO_HTTP_CONNECTCODE) == 0 {
                return "the proxy \(proxy) did not answer"
            }
        }
        if !hasName { return "cannot look up the name \(url.host)" }
        return hasConnection ? "cannot make a TLS connection to \(url.authority)" : "cannot connect to \(url.authority)"
    }

    private var connectReason: String {
        let code = easy.number(CURLINFO_OS_ERRNO)
        return code == 0 ? "" : ": \(systemReason(Int32(code)))"
    }

    private var trustedPlace: String {
        switch anchors.first {
        case .bundle(let path), .folders(let path): path
        case nil: "the trust store"
        }
    }

    /// Whose file would have made the certificate one to accept.
    private var brokenAuthority: BrokenAuthority? {
        easy.refusedCertificate.flatMap { BrokenAuthority(under: $0.issuer, in: folders) }
    }

    /// OpenSSL's X509_V_ERR_… code, 0 when the chain of certificates is fine.
    private var verifyResult: Int {
        if let refused = easy.refusedCertificate { return refused.code }
        let ofProxy = easy.number(CURLINFO_PROXY_SSL_VERIFYRESULT)
        return ofProxy != 0 ? ofProxy : easy.number(CURLINFO_SSL_VERIFYRESULT)
    }

    /// What libcurl leaves there when the chain is fine and its own comparison of the names failed.
    private static var verifyResultOfNames: Int32 {
        #if canImport(Darwin)
        1
        #else
        X509_V_ERR_UNSPECIFIED
        #endif
    }

    private func certificateProblem(of peer: String) -> String {
        #if canImport(Darwin)
        return "the certificate of \(peer) was not accepted"
        #else
        return switch Int32(verifyResult) {
        case X509_V_OK, Self.verifyResultOfNames:
            "the certificate of \(peer) is for another host"
        case X509_V_ERR_CERT_HAS_EXPIRED:
            "the certificate of \(peer) has expired"
        case X509_V_ERR_CERT_NOT_YET_VALID:
            "the certificate of \(peer) is not valid yet"
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            "the certificate of \(peer) is self-signed"
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            "the certificate of \(peer) is from an authority that is not trusted here"
        default:
            "the certificate of \(peer) was not accepted: \(String(cString: curl_shim_verify_reason(verifyResult)))"
        }
        #endif
    }

    private func handshakeProblem(with peer: String) -> String {
        #if canImport(Darwin)
        return "cannot make a TLS connection to \(peer)"
        #else
        return switch curl_shim_handshake_reason(easy.handshakeError) {
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, SSL_R_WRONG_SSL_VERSION:
            "\(peer) does not speak TLS 1.2 or later"
        case SSL_R_WRONG_VERSION_NUMBER:
            "\(peer) does not answer with TLS"
        default:
            "cannot make a TLS connection to \(peer): \(String(cString: curl_shim_handshake_text(easy.handshakeError)))"
        }
        #endif
    }
}

extension Duration {
    /// As in `30 s` or `0.25 s`.
    var inSeconds: String {
        let (seconds, attoseconds) = components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "\(seconds) s" }
        let digits = String(1000 + milliseconds).dropFirst()
        return "\(seconds).\(digits.reversed().drop { $0 == "0" }.reversed().map(String.init).joined()) s"
    }
}
