#if canImport(Darwin)
internal import CommonCrypto
#else
internal import CLibcurl
#endif

/// The SHA-256 digest of some bytes: 32 bytes.
package func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    var digest = [UInt8](repeating: 0, count: 32)
    #if canImport(Darwin)
    CC_SHA256(bytes, CC_LONG(bytes.count), &digest)
    #else
    let isDone = bytes.withUnsafeBytes { curl_shim_sha256($0.baseAddress, $0.count, &digest) }
    // A digest that is silently wrong would be worse than no process.
    precondition(isDone == 1, "OpenSSL has no SHA-256")
    #endif
    return digest
}
