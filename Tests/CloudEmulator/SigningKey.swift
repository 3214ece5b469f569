internal import COpenSSL

/// A key of an identity provider: ES256 or RS256.
final class SigningKey: @unchecked Sendable {
    enum Algorithm: String, Sendable {
        case es256 = "ES256"
        case rs256 = "RS256"
    }

    let id = randomHex(bytes: 8)
    let issuer: String
    let algorithm: Algorithm
    private let key: OpaquePointer

    init(issuer: String, algorithm: Algorithm) throws(EmulatorError) {
        guard let key = algorithm == .es256 ? emulator_new_ec_key() : emulator_new_rsa_key() else {
            throw .openSSL("no signing key")
        }
        (self.issuer, self.algorithm, self.key) = (issuer, algorithm, key)
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// The signature in the form of JSON Web Signatures (RFC 7518 3.3, 3.4).
    func signature(of message: [UInt8]) throws(EmulatorError) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(key)))
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        else { throw .openSSL("cannot sign") }
        signature.removeLast(signature.count - count)
        return algorithm == .es256 ? try joined(der: signature) : signature
    }

    func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard let native = algorithm == .es256 ? der(joined: signature) : signature,
            EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
        else { return false }
        return EVP_DigestVerify(context, native, native.count, message, message.count) == 1
    }

    /// R and S, 32 bytes each, from OpenSSL's ASN.1.
    private func joined(der: [UInt8]) throws(EmulatorError) -> [UInt8] {
        var pair = [UInt8](repeating: 0, count: 64)
        let isDone = der.withUnsafeBufferPointer { der in
            var cursor = der.baseAddress
            guard let parsed = d2i_ECDSA_SIG(nil, &cursor, der.count) else { return false }
            defer { ECDSA_SIG_free(parsed) }
            return pair.withUnsafeMutableBufferPointer { pair in
                guard let start = pair.baseAddress else { return false }
                return BN_bn2binpad(ECDSA_SIG_get0_r(parsed), start, 32) == 32
                    && BN_bn2binpad(ECDSA_SIG_get0_s(parsed), start + 32, 32) == 32
            }
        }
        guard isDone else { throw .openSSL("no ECDSA signature") }
        return pair
    }

    private func der(joined pair: [UInt8]) -> [UInt8]? {
        guard pair.count == 64, let signature = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(signature) }
        let s = Array(pair[32...])
        guard ECDSA_SIG_set0(signature, BN_bin2bn(pair, 32, nil), BN_bin2bn(s, 32, nil)) == 1 else { return nil }
        var encoded = [UInt8](repeating: 0, count: Int(i2d_ECDSA_SIG(signature, nil)))
        let count = encoded.withUnsafeMutableBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return i2d_ECDSA_SIG(signature, &cursor)
        }
        return count == Int32(encoded.count) ? encoded : nil
    }
}
