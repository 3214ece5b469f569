import CloudEmulator
import HTTPTransport
import HostSystem
import Secrets
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What the environment of the process itself must not change; each test is a process of its own.
@Suite struct EnvironmentTests {
    @Test func `only the proxies that it was given are used`() async {
        await #expect(processExitsWith: .success) {
            exit(try succeeds(with: ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"]) ? 0 : 1)
        }
    }

    @Test func `the keys of a session are written nowhere`() async {
        await #expect(processExitsWith: .success) { exit(try writesKeys() ? 1 : 0) }
    }

    @Test func `OpenSSL reads no configuration`() async {
        await #expect(processExitsWith: .success) { exit(try makesDigestsInSpiteOfConfiguration() ? 0 : 1) }
    }
}

/// Whether a request succeeds although variables name a proxy that is not there.
private func succeeds(with variables: [String]) throws -> Bool {
    let cloud = try CloudEmulator()
    defer { cloud.stop() }
    let port = ClosedPort()
    for name in variables { setenv(name, "http://127.0.0.1:\(port.number)", 1) }
    return try Client(trusting: cloud).send(cloud.request()).status == 200
}

private func writesKeys() throws -> Bool {
    let folder = try ScratchFolder()
    setenv("SSLKEYLOGFILE", folder.file("keys"), 1)
    let cloud = try CloudEmulator()
    defer { cloud.stop() }
    _ = try Client(trusting: cloud).send(cloud.request())
    return access(folder.file("keys"), F_OK) == 0
}

private func makesDigestsInSpiteOfConfiguration() throws -> Bool {
    let folder = try ScratchFolder()
    // It would leave nothing that can make a digest.
    let text = "openssl_conf = a\n[a]\nproviders = b\n[b]\nnull = c\n[c]\nactivate = 1\n"
    setenv("OPENSSL_CONF", try folder.write(text, to: "openssl.cnf"), 1)
    return sha256("abc".utf8).first == 0xba
}
