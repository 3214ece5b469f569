import Testing

@testable import HTTPTransport

@Suite struct VersionsTests {
    @Test func `the libraries behind the transport are named`() {
        #expect(CurlTransport.versions.count == 2)
        #expect(CurlTransport.versions.first?.hasPrefix("libcurl 7.") == true)
        #expect(CurlTransport.versions.last?.hasPrefix("OpenSSL 3.") == true)
    }
}
