import CloudEmulator
import TestProcesses

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The executable that `scripts/build` leaves, which is what people run; never a debug build.
enum Executable {
    static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(4)
        return "/" + parts.joined(separator: "/")
    }()

    static let path: String = {
        var name = utsname()
        uname(&name)
        let machine = withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let path = "\(root)/dist/pulumi-token-linux-\(machine == "x86_64" ? "x64" : "arm64")"
        precondition(access(path, X_OK) == 0, "\(path) is missing: run scripts/build")
        return path
    }()
}

/// A machine with a user's home, and a Pulumi Cloud that it can reach.
final class Machine {
    let sandbox = Sandbox()
    let cloud: CloudEmulator
    /// What every process on the machine has.
    var environment: [String: String]

    init(_ change: (inout Configuration) -> Void = { _ in }) throws {
        var configuration = Configuration()
        change(&configuration)
        cloud = try CloudEmulator(configuration)
        sandbox.write(cloud.caPEM, to: "ca.pem")
        sandbox.makeFolder("home")
        sandbox.makeFolder("tmp")
        environment = [
            "HOME": sandbox.file("home"), "TMPDIR": sandbox.file("tmp"), "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PULUMI_TOKEN_CLOUD_URL": cloud.url, "PULUMI_TOKEN_CA_FILE": sandbox.file("ca.pem"),
        ]
    }

    deinit {
        cloud.stop()
    }

    var caFile: String { sandbox.file("ca.pem") }
    var parent: String { cloud.parentToken() }

    /// The environment of a job whose secret is a credential of alice.
    var withCredential: [String: String] {
        environment.merging(["PULUMI_ACCESS_TOKEN": parent]) { $1 }
    }

    func program(_ arguments: String..., environment: [String: String]) -> Program {
        Program(Executable.path, arguments, environment: environment)
    }

    /// Runs the executable with a credential.
    func run(_ arguments: String..., adding changes: [String: String] = [:]) throws -> Outcome {
        try Program(Executable.path, arguments, environment: withCredential.merging(changes) { $1 }).run()
    }

    /// Runs a script with the executable on the path as `pulumi-token`.
    func shell(_ shell: String, _ script: String, adding changes: [String: String] = [:]) throws -> Outcome {
        let folder = sandbox.makeFolder("bin")
        symlink(Executable.path, folder + "/pulumi-token")
        var environment = withCredential.merging(changes) { $1 }
        environment["PATH"] = folder + ":" + (environment["PATH"] ?? "")
        return try Program(shell, ["-c", script], environment: environment).run()
    }

    /// What lies in the folder for temporary files.
    var temporaryFiles: [String] { sandbox.files.filter { $0.hasPrefix(sandbox.file("tmp/")) } }

    /// The values of all tokens that were ever minted or exchanged.
    var mintedValues: [String] {
        cloud.tokens(.minted).map(\.value) + cloud.tokens(.exchanged).map(\.value)
    }
}
