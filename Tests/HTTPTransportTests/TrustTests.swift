import CloudEmulator
import HostSystem
import TestBench
import Testing

@testable import HTTPTransport

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
        let trust = TrustStore(caFile: right, environment: environment)
        #expect(try trust.places() == [right])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `a CA file that is a folder of hashed names works as well`() throws {
        let path = try hashed(cloud.caPEM, as: "hashed")
        let trust = TrustStore(caFile: path, environment: Environment([:]))
        #expect(try trust.places() == [path])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `SSL_CERT_FILE replaces the system's places`() throws {
        let system = TrustStore.SystemPlaces(folders: [], bundles: [wrong])
        let trust = TrustStore(environment: Environment(["SSL_CERT_FILE": right, "SSL_CERT_DIR": ""]), system: system)
        #expect(try trust.places() == [right])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `SSL_CERT_DIR may name several folders`() throws {
        let paths = [try hashed("", as: "empty"), folder.file("missing"), try hashed(cloud.caPEM, as: "hashed")]
        let list = paths.joined(separator: ":")
        let system = TrustStore.SystemPlaces(folders: [], bundles: [wrong])
        let trust = TrustStore(environment: Environment(["SSL_CERT_FILE": "", "SSL_CERT_DIR": list]), system: system)
        #expect(try trust.places() == [list])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `SSL_CERT_FILE and SSL_CERT_DIR count together`() throws {
        let path = try hashed("", as: "empty")
        let trust = TrustStore(environment: Environment(["SSL_CERT_FILE": right, "SSL_CERT_DIR": path]))
        #expect(try trust.places() == [path, right])
        #expect(handshakes(trusting: trust).status == [200])
    }

    @Test func `the system's hashed folder comes before its bundle`() throws {
        let path = try hashed(cloud.caPEM, as: "hashed")
        let system = TrustStore.SystemPlaces(folders: [folder.file("missing"), path], bundles: [wrong])
        let trust = TrustStore(environment: Environment([:]), system: system)
        #expect(try trust.places() == [path, wrong])
        #expect(handshakes(trusting: trust) == ([200], 0, 1))
    }

    @Test func `the bundle is tried when the folder lacks the authority, and then at once`() throws {
        let path = try hashed(try String(decoding: bytes(of: wrong), as: UTF8.self), as: "hashed")
        let system = TrustStore.SystemPlaces(folders: [path], bundles: [right])
        let trust = TrustStore(environment: Environment([:]), system: system)
        #expect(handshakes(trusting: trust, requests: 3) == ([200, 200, 200], 1, 1))
    }

    @Test func `a folder without hashed names is passed over`() throws {
        let system = TrustStore.SystemPlaces(folders: [folder.path], bundles: [folder.file("missing"), right])
        let trust = TrustStore(environment: Environment([:]), system: system)
        #expect(try trust.places() == [right])
        #expect(handshakes(trusting: trust) == ([200], 0, 1))
    }

    @Test func `an authority that is nowhere is refused after every place`() throws {
        let path = try hashed(try String(decoding: bytes(of: wrong), as: UTF8.self), as: "hashed")
        let system = TrustStore.SystemPlaces(folders: [path], bundles: [wrong])
        let client = Client(trust: TrustStore(environment: Environment([:]), system: system))
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
