import CloudEmulator
import HTTPTransport
import HostSystem
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Places of trust that cannot be used.
@Suite struct TrustStoreTests {
    private func failure(_ trust: TrustStore) -> TransportError? {
        do throws(TransportError) {
            _ = try trust.places()
            return nil
        } catch {
            return error
        }
    }

    private func trustFailure(_ detail: String) -> TransportError {
        TransportError(.trustStore, requestMayHaveArrived: false, detail: detail)
    }

    @Test(arguments: [
        ("SSL_CERT_FILE", "cannot read the file in SSL_CERT_FILE, /nowhere/ca.pem: no such file or directory"),
        ("SSL_CERT_DIR", "cannot read the directory in SSL_CERT_DIR, /nowhere/ca.pem: no such file or directory"),
    ])
    func `a variable that names what is not there is an error, not the system's trust`(
        variable: String,
        detail: String
    ) {
        let trust = TrustStore(environment: Environment([variable: "/nowhere/ca.pem"]), reader: .patient)
        #expect(failure(trust) == trustFailure(detail))
    }

    @Test func `every variable that decides on trust is named`() {
        for name in TrustStore.variables {
            #expect(
                failure(TrustStore(environment: Environment([name: "/nowhere/ca.pem"]), reader: .patient)) != nil,
                "\(name)"
            )
        }
        #expect(TrustStore.variables.sorted() == ["SSL_CERT_DIR", "SSL_CERT_FILE"])
    }

    @Test(arguments: [true, false])
    func `a pipe into which nobody writes does not hold anybody up`(isOption: Bool) throws {
        let folder = try ScratchFolder()
        let path = folder.file("ca.pem")
        #expect(mkfifo(path, 0o600) == 0)
        let clock = HostClock.system
        let reader = FileReader.within(TimeBudget(.milliseconds(80), clock: clock, interruption: .never(clock: clock)))
        let environment = Environment(isOption ? [:] : ["SSL_CERT_FILE": path])
        let name = isOption ? "the CA file" : "the file in SSL_CERT_FILE"
        let trust = TrustStore(caFile: isOption ? path : nil, environment: environment, reader: reader)
        #expect(failure(trust)?.detail.hasPrefix("cannot read \(name), \(path): ") == true)
        // Lets the thread end that waits for it.
        close(open(path, O_WRONLY | O_NONBLOCK))
    }

    @Test func `certificates that come through a pipe are read once, and used for each connection`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let folder = try ScratchFolder()
        let path = folder.file("ca.pem")
        #expect(mkfifo(path, 0o600) == 0)
        let pem = cloud.caPEM
        let writer = try Thread { try? write(pem, to: path) }
        defer { writer.join() }
        let client = Client(trust: TrustStore(caFile: path, environment: Environment([:]), reader: .patient))
        for _ in 0..<2 { #expect(client.failure(of: cloud.mint()) == nil) }
    }

    @Test func `a CA file that is not there is an error`() throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = Client(
            trust: TrustStore(caFile: "/nowhere/ca.pem", environment: Environment([:]), reader: .patient)
        )
        #expect(
            client.failure(of: cloud.mint())
                == trustFailure("cannot read the CA file, /nowhere/ca.pem: no such file or directory")
        )
        #expect(
            client.trace == [
                "POST \(cloud.url)/api/user/tokens -> cannot read the CA file, /nowhere/ca.pem: "
                    + "no such file or directory, not sent"
            ]
        )
    }

    @Test(arguments: ["", "no certificate\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func `a CA file without certificates is an error`(contents: String) throws {
        let folder = try ScratchFolder()
        let file = try folder.write(contents, to: "ca.pem")
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        let client = Client(trust: TrustStore(caFile: file, environment: Environment([:]), reader: .patient))
        #expect(
            client.failure(of: cloud.mint()) == trustFailure("\(file) contains no certificate that can be read")
        )
        #expect(cloud.requests == [])
    }

    @Test func `a CA path that is a directory without hashed names is an error`() throws {
        let folder = try ScratchFolder()
        let trust = TrustStore(caFile: folder.path, environment: Environment([:]), reader: .patient)
        #expect(
            failure(trust)
                == trustFailure("\(folder.path) is a directory without certificates under hashed names")
        )
        try folder.write("", to: "5ed36f99.0")
        #expect(failure(trust) == nil)
    }

    @Test func `a list of no folders is an error`() {
        let trust = TrustStore(environment: Environment(["SSL_CERT_DIR": "::"]), reader: .patient)
        #expect(failure(trust) == trustFailure("SSL_CERT_DIR does not name a directory"))
    }

    @Test func `a system without authorities is an error`() {
        let trust = TrustStore(
            environment: Environment(["SSL_CERT_FILE": "", "SSL_CERT_DIR": ""]),
            system: .init(folders: ["/nowhere"], bundles: ["/nowhere/ca.pem"]),
            reader: .patient
        )
        #expect(failure(trust) == trustFailure("this system has no certificate authorities to trust"))
    }

    @Test func `plain HTTP to this machine needs no trust`() throws {
        var configuration = Configuration()
        configuration.plainHTTP = true
        let cloud = try CloudEmulator(configuration)
        defer { cloud.stop() }
        let client = Client(
            trust: TrustStore(caFile: "/nowhere/ca.pem", environment: Environment([:]), reader: .patient)
        )
        #expect(try client.send(cloud.request()).status == 200)
    }
}
