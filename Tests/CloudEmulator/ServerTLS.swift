internal import COpenSSL

/// The server's certificates and its TLS context.
final class ServerTLS: @unchecked Sendable {
    let context: OpaquePointer
    /// The authority that a client should trust, as PEM.
    let caPEM: String

    /// Makes a fresh authority and a server certificate of the wanted kind.
    init(certificate kind: Configuration.Certificate, names: [String]) throws(EmulatorError) {
        let authority = try Identity.authority(named: "Cloud Emulator CA")
        let signer = kind == .otherAuthority ? try Identity.authority(named: "Another CA") : authority
        let server = try Identity.server(
            names: kind == .wrongHost ? ["elsewhere.invalid"] : ["localhost", "127.0.0.1", "::1"] + names,
            days: kind == .expired ? -3 ... -1 : -1...30,
            issuer: signer
        )
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw .openSSL("no TLS context") }
        emulator_set_tls_defaults(context)
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
}
