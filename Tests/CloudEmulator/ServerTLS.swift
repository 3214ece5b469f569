internal import COpenSSL

/// The server's certificates and its TLS context.
final class ServerTLS: @unchecked Sendable {
    let context: OpaquePointer
    /// The authority that a client should trust, as PEM.
    let caPEM: String

    /// Makes a fresh authority and a server certificate of the wanted kind.
    init(_ configuration: Configuration) throws(EmulatorError) {
        let authority = try Identity.authority(named: "Cloud Emulator CA")
        let server = try Self.server(configuration, under: authority)
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw .openSSL("no TLS context") }
        emulator_set_tls_defaults(context)
        guard !configuration.oldTLS || emulator_use_old_tls(context) == 1 else {
            SSL_CTX_free(context)
            throw .openSSL("this OpenSSL has no TLS 1.1")
        }
        let ciphers = configuration.ciphers
        guard ciphers.isEmpty || emulator_use_ciphers(context, ciphers) == 1 else {
            SSL_CTX_free(context)
            throw .openSSL("this OpenSSL has no \(ciphers)")
        }
        SSL_CTX_set_session_id_context(context, Array("emulator".utf8), 8)
        guard SSL_CTX_use_certificate(context, server.certificate) == 1,
            SSL_CTX_use_PrivateKey(context, server.key) == 1
        else {
            SSL_CTX_free(context)
            throw .openSSL("the certificate does not fit the key")
        }
        self.context = context
        caPEM = authority.pem
    }

    deinit {
        SSL_CTX_free(context)
    }

    private static func server(
        _ configuration: Configuration,
        under authority: Identity
    ) throws(EmulatorError) -> Identity {
        let names = ["localhost", "127.0.0.1", "::1"] + configuration.hostNames
        switch configuration.certificate {
        case .valid: return try .server(names: names, issuer: authority, revocationList: configuration.revocationList)
        case .expired: return try .server(names: names, days: -3 ... -1, issuer: authority)
        case .notYetValid: return try .server(names: names, days: 1...3, issuer: authority)
        case .wrongHost: return try .server(names: ["elsewhere.invalid"], issuer: authority)
        case .otherAuthority: return try .server(names: names, issuer: try .authority(named: "Another CA"))
        case .selfSigned: return try .server(names: names, issuer: nil)
        case .commonNameOnly: return try .server(names: [], issuer: authority)
        }
    }
}
