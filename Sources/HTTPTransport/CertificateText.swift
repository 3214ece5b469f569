internal import CLibcurl

/// Whether there is a certificate in a text that OpenSSL understands.
// In a file without the C library: the headers of OpenSSL bring its types along, and a file that sees both ways to them
// decides for all files of the module which one counts.
func holdsCertificate(_ text: [UInt8]) -> Bool {
    #if canImport(Darwin)
    true
    #else
    text.withUnsafeBytes { curl_shim_has_certificate($0.baseAddress, $0.count) != 0 }
    #endif
}
