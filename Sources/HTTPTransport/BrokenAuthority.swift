internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The file of an authority that is there under its hashed name, and that OpenSSL cannot use.
struct BrokenAuthority: Equatable {
    private static let limit = 1 << 20

    let path: String
    let reason: String

    /// - Parameter hash: of the authority's name, as OpenSSL makes it.
    /// - Returns: nil when none of the folders has such a file, or what it has can be used.
    init?(under hash: UInt, in folders: [String]) {
        let digits = String(hash, radix: 16)
        let name = String(repeating: "0", count: max(8 - digits.count, 0)) + digits
        for folder in folders {
            var status = stat()
            var number = 0
            while lstat("\(folder)/\(name).\(number)", &status) == 0 {
                let path = "\(folder)/\(name).\(number)"
                if let reason = Self.reason(path) {
                    (self.path, self.reason) = (path, reason)
                    return
                }
                number += 1
            }
        }
        return nil
    }

    func problem(of peer: String) -> String {
        "cannot read the certificate authority of \(peer), \(path): \(reason)"
    }

    /// What is wrong with a file; nil when nothing is.
    private static func reason(_ path: String) -> String? {
        do throws(FileError) {
            let text = try Descriptor.open(path, O_RDONLY | O_NONBLOCK).contents(limit: limit)
            return holdsCertificate(text) ? nil : "it contains no certificate that can be read"
        } catch {
            return error.reason
        }
    }
}
