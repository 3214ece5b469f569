internal import CLibcurl
package import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Where the certificate authorities are that may vouch for a server.
///
/// What is named explicitly replaces the system's places: `--ca-file` everything, else `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` together. An empty variable counts as unset.
package struct TrustStore: Sendable {
    /// One place, and whoever is in it is trusted.
    enum Anchors: Equatable, Sendable {
        /// Folders of certificates under their hashed names, separated by colons: looked up one by one, so nearly free.
        case folders(String)
        /// A file of certificates: read as a whole, 20 ms for the usual 140.
        case bundle(String)

        var folders: [String] {
            if case .folders(let paths) = self { paths.split(separator: ":").map(String.init) } else { [] }
        }
    }

    /// Where distributions keep theirs.
    package struct SystemPlaces: Sendable {
        package var folders: [String]
        package var bundles: [String]

        package init(folders: [String], bundles: [String]) {
            self.folders = folders
            self.bundles = bundles
        }

        package static let known = SystemPlaces(
            folders: [
                "/etc/ssl/certs",  // Debian, Ubuntu, Alpine, SUSE
                "/etc/pki/ca-trust/extracted/pem/directory-hash",  // Fedora
                "/var/lib/ca-certificates/pem",  // SUSE
            ],
            bundles: [
                "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine, distroless
                "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
                "/etc/pki/tls/certs/ca-bundle.crt",  // older Fedora, RHEL, Amazon
                "/etc/ssl/ca-bundle.pem",  // SUSE
                "/var/lib/ca-certificates/ca-bundle.pem",  // SUSE
                "/etc/ssl/cert.pem",  // Alpine, macOS
            ]
        )
    }

    package static let fileVariable = "SSL_CERT_FILE"
    package static let foldersVariable = "SSL_CERT_DIR"

    /// Every variable that is read here.
    package static let variables = [fileVariable, foldersVariable]

    private let caFile: String?
    private let certFile: String?
    private let certFolders: String?
    private let system: SystemPlaces
    private let reader: FileReader
    private let copies: BundleCopies

    /// - Parameters:
    ///   - caFile: replaces every other place; may also be a folder of hashed names.
    ///   - reader: reads what is named and is not a plain file, such as a pipe.
    ///   - copies: holds what was read, for all stores of this process.
    package init(
        caFile: String? = nil,
        environment: Environment,
        system: SystemPlaces = .known,
        reader: FileReader,
        copies: BundleCopies = BundleCopies()
    ) {
        self.caFile = caFile
        self.reader = reader
        self.copies = copies
        certFile = environment.nonEmpty(Self.fileVariable)
        certFolders = environment.nonEmpty(Self.foldersVariable)
        self.system = system
    }

    /// What is trusted, for people: paths, in the order in which they are tried; throws `.trustStore`.
    package func places() throws(TransportError) -> [String] {
        try anchors().map {
            switch $0 {
            case .folders(let path), .bundle(let path): path
            }
        }
    }

    /// The places in the order in which they are to be tried: a folder costs nothing, so it comes first.
    func anchors() throws(TransportError) -> [Anchors] {
        if let caFile {
            let path = try Self.readable(caFile, namedBy: "the CA file")
            guard Self.isFolder(path) else { return [.bundle(try plain(path, namedBy: "the CA file"))] }
            guard Self.holdsHashedNames(path) else {
                throw Self.failure("\(path) is a directory without certificates under hashed names")
            }
            return [.folders(path)]
        }
        let named = try namedByVariables()
        guard named.isEmpty else { return named }
        let folder = system.folders.first(where: Self.holdsHashedNames).map { Anchors.folders($0) }
        let bundle = system.bundles.first { access($0, R_OK) == 0 }.map { Anchors.bundle($0) }
        let places = [folder, bundle].compactMap(\.self)
        guard places.isEmpty else { return places }
        throw Self.failure("this system has no certificate authorities to trust")
    }

    private func namedByVariables() throws(TransportError) -> [Anchors] {
        var named: [Anchors] = []
        if let certFolders {
            let folders = certFolders.split(separator: ":").map(String.init)
            guard let first = folders.first else {
                throw Self.failure("\(Self.foldersVariable) does not name a directory")
            }
            if !folders.contains(where: { access($0, R_OK | X_OK) == 0 }) {
                _ = try Self.readable(first, namedBy: "the directory in \(Self.foldersVariable)")
            }
            named.append(.folders(folders.joined(separator: ":")))
        }
        if let certFile {
            let name = "the file in \(Self.fileVariable)"
            named.append(.bundle(try plain(try Self.readable(certFile, namedBy: name), namedBy: name)))
        }
        return named
    }

    private static func readable(_ path: String, namedBy name: String) throws(TransportError) -> String {
        guard access(path, R_OK) != 0 else { return path }
        throw failure("cannot read \(name), \(path): \(systemReason(errno))")
    }

    /// The path of a plain file: OpenSSL would wait forever for a pipe that nobody writes to, and reads each file again.
    private func plain(_ path: String, namedBy name: String) throws(TransportError) -> String {
        do throws(FileError) {
            return try copies.path(for: path, by: reader)
        } catch {
            throw Self.failure("cannot read \(name), \(path): \(error.reason)")
        }
    }

    private static func failure(_ detail: String) -> TransportError {
        TransportError(.trustStore, requestMayHaveArrived: false, detail: detail)
    }

    private static func isFolder(_ path: String) -> Bool {
        guard let entries = opendir(path) else { return false }
        closedir(entries)
        return true
    }

    /// Whether OpenSSL can find anything in a folder: a name like `5ed36f99.0`.
    private static func holdsHashedNames(_ folder: String) -> Bool { curl_shim_holds_hashed_names(folder) != 0 }
}

/// What an errno value means, in the system's words.
func systemReason(_ code: Int32) -> String {
    String(cString: strerror(code)).lowercased()
}
