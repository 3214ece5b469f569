import CloudEmulator
import HostSystem
import TestBench
import Testing

@testable import HTTPTransport

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Which certificate authorities are trusted, seen from a server.
@Suite struct TrustTests {
    private let folder: ScratchFolder
    /// A file with the emulator's authority.
    private let right: String
    /// A file with another one.
    private let wrong: String
    private let cloud: CloudEmulator

    init() throws {
        folder = try ScratchFolder()
        cloud = try CloudEmulator()
        right = try folder.write(cloud.caPEM, to: "right.pem")
        let other = try CloudEmulator()
        wrong = try folder.write(other.caPEM, to: "wrong.pem")
        other.stop()
    }

    /// A folder in which OpenSSL finds an authority.
    private func hashed(_ pem: String, as name: String) throws -> String {
        let path = try folder.makeFolder(name)
        try folder.write(pem, to: name + "/ca.pem")
        let ending = try Program("openssl", ["rehash", path]).run()
        #expect(ending.status == 0, "\(ending.error)")
        return path
    }

    private func handshakes(
        trusting trust: TrustStore,
        requests: Int = 1
    ) -> (status: [Int?], failed: Int, connections: Int) {
        let client = Client(trust: trust)
        let statuses = (0..<requests).map { _ in try? client.send(cloud.request()).status }
        // Its threads have counted everything when it has stopped.
        cloud.stop()
        return (statuses, cloud.report.failedHandshakes, cloud.report.connections)
    }

    @Test func `the CA file replaces everything else`() throws {
        let environment = Environment(["SSL_CERT_FILE": wrong, "SSL_CERT_DIR": folder.path])
        let trust = TrustStore(caFile: right, environment: environment, reader: .patient)
        #expect(try trust.places() == [right])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `a CA file that is a folder of hashed names works as well`() throws {
        let path = try hashed(cloud.caPEM, as: "hashed")
        let trust = TrustStore(caFile: path, environment: Environment([:]), reader: .patient)
        #expect(try trust.places() == [path])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `SSL_CERT_FILE replaces the system's places`() throws {
        let system = TrustStore.SystemPlaces(folders: [], bundles: [wrong])
        let trust = TrustStore(
            environment: Environment(["SSL_CERT_FILE": right, "SSL_CERT_DIR": ""]),
            system: system,
            reader: .patient
        )
        #expect(try trust.places() == [right])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `SSL_CERT_DIR may name several folders`() throws {
        let paths = [try hashed("", as: "empty"), folder.file("missing"), try hashed(cloud.caPEM, as: "hashed")]
        let list = paths.joined(separator: ":")
        let system = TrustStore.SystemPlaces(folders: [], bundles: [wrong])
        let trust = TrustStore(
            environment: Environment(["SSL_CERT_FILE": "", "SSL_CERT_DIR": list]),
            system: system,
            reader: .patient
        )
        #expect(try trust.places() == [list])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `SSL_CERT_FILE and SSL_CERT_DIR count together`() throws {
        let path = try hashed("", as: "empty")
        let trust = TrustStore(
            environment: Environment(["SSL_CERT_FILE": right, "SSL_CERT_DIR": path]),
            reader: .patient
        )
        #expect(try trust.places() == [path, right])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `the system's hashed folder comes before its bundle`() throws {
        let path = try hashed(cloud.caPEM, as: "hashed")
        let system = TrustStore.SystemPlaces(folders: [folder.file("missing"), path], bundles: [wrong])
        let trust = TrustStore(environment: Environment([:]), system: system, reader: .patient)
        #expect(try trust.places() == [path, wrong])
        #expect(handshakes(trusting: trust) == ([200], 0, 1))
    }

    @Test func `the bundle is tried when the folder lacks the authority, and then at once`() throws {
        let path = try hashed(try String(decoding: bytes(of: wrong), as: UTF8.self), as: "hashed")
        let system = TrustStore.SystemPlaces(folders: [path], bundles: [right])
        let trust = TrustStore(environment: Environment([:]), system: system, reader: .patient)
        #expect(handshakes(trusting: trust, requests: 3) == ([200, 200, 200], 1, 1))
    }

    @Test func `a folder without hashed names is passed over`() throws {
        let system = TrustStore.SystemPlaces(folders: [folder.path], bundles: [folder.file("missing"), right])
        let trust = TrustStore(environment: Environment([:]), system: system, reader: .patient)
        #expect(try trust.places() == [right])
        #expect(handshakes(trusting: trust) == ([200], 0, 1))
    }

    /// What may be in the place of an authority's file, and what is said of it.
    enum Broken: String, CaseIterable {
        case unreadable = "permission denied"
        /// It is there and cannot be opened, by root neither.
        case socket = "no such device or address"
        case directory = "is a directory"
        case danglingLink = "no such file or directory"
        case empty, text, torn

        static var tried: [Broken] { allCases.filter { $0 != .unreadable || geteuid() != 0 } }

        var reason: String {
            [.empty, .text, .torn].contains(self) ? "it contains no certificate that can be read" : rawValue
        }
    }

    /// A folder with something broken under the name of the emulator's authority, and the path of that.
    private func folder(with broken: Broken) throws -> (path: String, file: String) {
        let path = try hashed(cloud.caPEM, as: "broken")
        let name = try #require(folder.names(in: "broken").first { $0.hasSuffix(".0") })
        let target = "broken/ca.pem"
        unlink(folder.file(target))
        switch broken {
        case .unreadable: try folder.write(cloud.caPEM, to: target, mode: 0)
        case .socket: #expect(mknod(folder.file(target), S_IFSOCK | 0o600, 0) == 0)
        case .directory: try folder.makeFolder(target)
        case .danglingLink: break
        case .empty: try folder.write("", to: target)
        case .text: try folder.write("no certificate\n", to: target)
        case .torn: try folder.write(String(cloud.caPEM.prefix(200)), to: target)
        }
        return (path, "\(path)/\(name)")
    }

    private func unreadable(_ file: String, _ broken: Broken) -> TransportError {
        let authority = "the certificate authority of \(cloud.authority), \(file)"
        return TransportError(
            .trustStore,
            requestMayHaveArrived: false,
            detail: "cannot read \(authority): \(broken.reason)"
        )
    }

    @Test(arguments: Broken.tried)
    func `a file of an authority that cannot be read is named`(broken: Broken) throws {
        let (path, file) = try folder(with: broken)
        for trust in [
            TrustStore(environment: Environment(["SSL_CERT_DIR": path]), reader: .patient),
            TrustStore(caFile: path, environment: Environment([:]), reader: .patient),
            // The bundle has another authority only.
            TrustStore(
                environment: Environment([:]),
                system: .init(folders: [path], bundles: [wrong]),
                reader: .patient
            ),
        ] {
            #expect(Client(trust: trust).failure(of: cloud.mint()) == unreadable(file, broken))
        }
        #expect(cloud.requests == [])
    }

    @Test(arguments: Broken.tried)
    func `where a folder's file cannot be read, the bundle is tried`(broken: Broken) throws {
        let system = TrustStore.SystemPlaces(folders: [try folder(with: broken).path], bundles: [right])
        let trust = TrustStore(environment: Environment([:]), system: system, reader: .patient)
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `an authority that is nowhere is refused after every place`() throws {
        let path = try hashed(try String(decoding: bytes(of: wrong), as: UTF8.self), as: "hashed")
        let system = TrustStore.SystemPlaces(folders: [path], bundles: [wrong])
        let client = Client(trust: TrustStore(environment: Environment([:]), system: system, reader: .patient))
        #expect(
            client.failure(of: cloud.mint())
                == TransportError(
                    .tls,
                    requestMayHaveArrived: false,
                    detail:
                        "the certificate of \(cloud.authority) is from an authority that is not trusted here"
                )
        )
        cloud.stop()
        #expect(cloud.report.failedHandshakes == 2)
        #expect(cloud.requests == [])
    }

    private func bytes(of path: String) throws -> [UInt8] {
        try Descriptor.open(path, 0).contents(limit: 1 << 20)
    }
}
