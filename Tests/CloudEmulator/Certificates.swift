internal import COpenSSL

/// A certificate and its key, made in memory and forgotten with the process.
final class Identity: @unchecked Sendable {
    let certificate: OpaquePointer
    let key: OpaquePointer

    fileprivate init(certificate: OpaquePointer, key: OpaquePointer) {
        self.certificate = certificate
        self.key = key
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// The certificate as PEM.
    var pem: String {
        guard let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        PEM_write_bio_X509(memory, certificate)
        var start: UnsafeMutablePointer<CChar>?
        let count = emulator_memory(memory, &start)
        guard let start else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    /// A throw-away certificate authority.
    static func authority(named name: String) throws(EmulatorError) -> Identity {
        try make(name: name, days: -1...30, issuer: nil) { certificate in
            [
                (NID_basic_constraints, "critical,CA:TRUE"),
                (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_subject_key_identifier, "hash"),
            ].allSatisfy { emulator_add_extension(certificate, certificate, $0.0, $0.1) == 1 }
        }
    }

    /// A server's certificate, signed by `issuer` or by itself.
    ///
    /// - Parameters:
    ///   - names: host names and IP addresses; the first, or `localhost`, is the common name.
    ///   - days: from when to when it is valid, in days from now.
    ///   - revocationList: the address of a list of revoked certificates.
    static func server(
        names: [String],
        days: ClosedRange<Int> = -1...30,
        issuer: Identity?,
        revocationList: String? = nil
    ) throws(EmulatorError) -> Identity {
        var extensions = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid"),
        ]
        if !names.isEmpty {
            let subject = names.map { (isAddress($0) ? "IP:" : "DNS:") + $0 }.joined(separator: ",")
            extensions.append((NID_subject_alt_name, subject))
        }
        if let revocationList { extensions.append((NID_crl_distribution_points, "URI:" + revocationList)) }
        return try make(name: names.first ?? "localhost", days: days, issuer: issuer) { certificate in
            extensions.allSatisfy {
                emulator_add_extension(certificate, issuer?.certificate ?? certificate, $0.0, $0.1) == 1
            }
        }
    }

    private static func make(
        name: String,
        days: ClosedRange<Int>,
        issuer: Identity?,
        extensions: (OpaquePointer) -> Bool
    ) throws(EmulatorError) -> Identity {
        guard let key = emulator_new_ec_key(), let certificate = X509_new() else { throw .openSSL("no key") }
        let identity = Identity(certificate: certificate, key: key)
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), UInt64.random(in: 1...UInt64.max >> 1))
        X509_gmtime_adj(X509_getm_notBefore(certificate), days.lowerBound * 86_400)
        X509_gmtime_adj(X509_getm_notAfter(certificate), days.upperBound * 86_400)
        let subject = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, Array(name.utf8), Int32(name.utf8.count), -1, 0)
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer?.certificate ?? certificate))
        X509_set_pubkey(certificate, key)
        guard extensions(certificate), X509_sign(certificate, issuer?.key ?? key, EVP_sha256()) > 0 else {
            throw .openSSL("a certificate could not be made")
        }
        return identity
    }

    private static func isAddress(_ name: String) -> Bool {
        name.contains(":") || name.allSatisfy { $0 == "." || $0.isNumber }
    }
}

/// Why an emulator cannot start.
package enum EmulatorError: Error, Equatable, CustomStringConvertible {
    case openSSL(String)
    /// No socket, or the port is taken; with an errno value.
    case listen(Int32)
    /// A setting, a script or a file is not usable.
    case invalid(String)

    package var description: String {
        switch self {
        case .openSSL(let what): "OpenSSL: \(what)"
        case .listen(let code): "cannot listen: errno \(code)"
        case .invalid(let what): what
        }
    }
}
