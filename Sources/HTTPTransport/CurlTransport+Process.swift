internal import CLibcurl
internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

extension CurlTransport {
    /// Starts OpenSSL and libcurl for this process.
    ///
    /// Has to come before any other call of the two, and before threads that use the environment; calling it again does
    /// nothing.
    ///
    /// - `SSLKEYLOGFILE` is removed first: libcurl would write the keys of every TLS session to that file.
    /// - OpenSSL then starts without its configuration file, which could load modules into the process.
    package static func prepareProcess() {
        _ = preparation
    }

    /// Has another thread do that, and find the algorithms of TLS: it takes as long as all else before the first request.
    ///
    /// Nobody waits for it. Where there is no thread for it, the first handshake does what it has not done.
    package static func prepareInBackground() {
        // Here, because other threads may read the environment from now on.
        unsetenv("SSLKEYLOGFILE")
        #if canImport(Glibc)
        // The heap of another thread would otherwise grow page by page, with a call of the kernel for each.
        mallopt(M_TOP_PAD, 1 << 20)
        #endif
        _ = startThread(isApart: true) {
            prepareProcess()
            #if !canImport(Darwin)
            curl_shim_find_algorithms()
            #endif
        }
    }

    private static let preparation: CURLcode = {
        unsetenv("SSLKEYLOGFILE")
        #if !canImport(Darwin)
        _ = curl_shim_start_openssl()
        #endif
        return curl_shim_global_init()
    }()

    /// The libraries behind the transport and their versions, one per element, as in `libcurl 7.88.1`.
    package static var versions: [String] {
        var versions: [String] = []
        if let libcurl = curl_shim_version() {
            versions.append("libcurl \(String(cString: libcurl))")
        }
        #if !canImport(Darwin)
        versions.append(String(cString: curl_shim_openssl_version()))
        #endif
        return versions
    }
}
