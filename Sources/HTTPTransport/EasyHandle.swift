internal import CLibcurl

/// One of libcurl's handles for a request, used for many in turn.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let share: UnsafeMutableRawPointer?
    #if !canImport(Darwin)
    /// Lives as long as the handle, because connections that it opened go on writing to it.
    private let handshake = UnsafeMutablePointer<curl_shim_handshake>.allocate(capacity: 1)
    #endif

    /// - Parameter share: holds the TLS sessions; has to outlive the handle.
    init?(sharing share: UnsafeMutableRawPointer?) {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        self.share = share
        #if !canImport(Darwin)
        handshake.initialize(to: curl_shim_handshake())
        #endif
        reset()
    }

    /// Has to come after the end of the connections.
    deinit {
        curl_easy_cleanup(pointer)
        #if !canImport(Darwin)
        handshake.deallocate()
        #endif
    }

    /// Forgets all options of the last request, and sets those that every request has.
    func reset() {
        curl_easy_reset(pointer)
        set(CURLOPT_SHARE, to: share)
        setRulesOfSecurity()
        set(CURLOPT_NOSIGNAL, to: 1)
        curl_shim_keep_connections_from_children(pointer)
        // Else a name look-up that hangs would hold up whoever gave the request up.
        set(CURLOPT_QUICK_EXIT, to: 1)
        set(CURLOPT_HTTP_VERSION, to: Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, to: 1)
        // Servers close idle connections after 5 seconds at the earliest; a change that is sent at that very moment is
        // lost, and nobody knows whether it arrived.
        set(CURLOPT_MAXAGE_CONN, to: 3)
        // One TLS record at most is under way before libcurl counts it as sent.
        set(CURLOPT_UPLOAD_BUFFERSIZE, to: 16 << 10)
        #if !canImport(Darwin)
        handshake.pointee = curl_shim_handshake()
        curl_shim_watch_handshake(pointer, handshake)
        #endif
    }

    private func setRulesOfSecurity() {
        for (version, peer, host) in [
            (CURLOPT_SSLVERSION, CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST),
            (CURLOPT_PROXY_SSLVERSION, CURLOPT_PROXY_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYHOST),
        ] {
            set(version, to: Int(CURL_SSLVERSION_TLSv1_2))
            set(peer, to: 1)
            set(host, to: 2)
        }
        set(CURLOPT_FOLLOWLOCATION, to: 0)
        set(CURLOPT_NETRC, to: 0)
        set(CURLOPT_HTTP09_ALLOWED, to: 0)
        set(CURLOPT_HEADEROPT, to: Int(CURLHEADER_SEPARATE))
    }

    /// OpenSSL's X509_V_ERR_… code for the certificate that it did not accept, and under which hashed name its authority
    /// would be; nil when it has refused none.
    var refusedCertificate: (code: Int, issuer: UInt)? {
        #if canImport(Darwin)
        nil
        #else
        handshake.pointee.verification == X509_V_OK
            ? nil : (Int(handshake.pointee.verification), handshake.pointee.issuer)
        #endif
    }

    /// OpenSSL's code for what stopped the TLS handshake; 0 when the connection just ended.
    var handshakeError: UInt {
        #if canImport(Darwin)
        1
        #else
        handshake.pointee.error
        #endif
    }

    func set(_ option: CURLoption, to value: Int) {
        curl_shim_set_number(pointer, option, value)
    }

    func set(_ option: CURLoption, toSize value: Int) {
        curl_shim_set_size(pointer, option, Int64(value))
    }

    func set(_ option: CURLoption, to text: String?) {
        curl_shim_set_text(pointer, option, text)
    }

    /// libcurl keeps the pointer until the next `reset()`.
    func set(_ option: CURLoption, to value: UnsafeMutableRawPointer?) {
        curl_shim_set_pointer(pointer, option, value)
    }

    func number(_ info: CURLINFO) -> Int {
        curl_shim_number(pointer, info)
    }

    /// A number of bytes; -1 when it is not known.
    func size(_ info: CURLINFO) -> Int {
        Int(curl_shim_large_number(pointer, info))
    }

    /// Whether the request has passed a stage, such as CURLINFO_CONNECT_TIME_T.
    func hasPassed(_ stage: CURLINFO) -> Bool {
        curl_shim_large_number(pointer, stage) > 0
    }
}
