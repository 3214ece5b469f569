package import CloudEmulator
package import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The executable that `scripts/build` leaves, which is what people run; never a debug build.
package enum Executable {
    package static let path: String = {
        var name = utsname()
        uname(&name)
        let machine = withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let path = "\(Repository.root)/dist/pulumi-token-linux-\(machine == "x86_64" ? "x64" : "arm64")"
        precondition(access(path, X_OK) == 0, "\(path) is missing: run scripts/build")
        return path
    }()

    /// Its SHA-256, as `sha256sum` tells it.
    package static let checksum = Result {
        String(try Program("sha256sum", [path]).run().output.prefix { $0 != " " })
    }
}

/// A machine with a user's home, and a Pulumi Cloud that it can reach.
package final class BuildMachine {
    package let sandbox: ScratchFolder
    package let cloud: CloudEmulator
    /// What every process on the machine has.
    package var environment: [String: String]
    /// When it was set up: Unix time, seconds.
    private let start: Int64

    package init(_ change: (inout Configuration) -> Void = { _ in }) throws {
        var configuration = Configuration()
        change(&configuration)
        // The clock that the executable reads, which lags a little behind the emulator's.
        start = Int64(time(nil))
        sandbox = try ScratchFolder()
        cloud = try CloudEmulator(configuration)
        try sandbox.write(cloud.caPEM, to: "ca.pem")
        try sandbox.makeFolder("home")
        try sandbox.makeFolder("tmp")
        environment = [
            "HOME": sandbox.file("home"), "TMPDIR": sandbox.file("tmp"), "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PULUMI_TOKEN_CLOUD_URL": cloud.url, "PULUMI_TOKEN_CA_FILE": sandbox.file("ca.pem"),
        ]
    }

    deinit {
        cloud.stop()
    }

    package var caFile: String { sandbox.file("ca.pem") }
    package var parent: String { cloud.parentToken() }

    /// The environment of a job whose secret is a credential of alice.
    package var withCredential: [String: String] {
        environment.merging(["PULUMI_ACCESS_TOKEN": parent]) { $1 }
    }

    package func program(_ arguments: String..., environment: [String: String]) -> Program {
        Program(Executable.path, arguments, environment: environment)
    }

    /// Runs the executable with a credential.
    package func run(_ arguments: String..., adding changes: [String: String] = [:]) throws -> Outcome {
        try Program(Executable.path, arguments, environment: withCredential.merging(changes) { $1 }).run()
    }

    /// Runs a script with the executable on the path as `pulumi-token`.
    package func shell(_ shell: String, _ script: String, adding changes: [String: String] = [:]) throws -> Outcome {
        try Program(shell, ["-c", script], environment: try jobEnvironment(adding: changes)).run()
    }

    /// What a job finds that has the executable on its path and a credential in its secrets.
    package func jobEnvironment(adding changes: [String: String] = [:]) throws -> [String: String] {
        var environment = withCredential.merging(changes) { $1 }
        environment["PATH"] = try programs() + ":" + (environment["PATH"] ?? "")
        return environment
    }

    /// The moments between which a mint read its clock, to count the expiry from it: Unix time, seconds.
    ///
    /// - Parameter offset: how far the server's clock is ahead of the machine's, in seconds.
    package func askingTime(for token: EmulatedToken, offset: Int64 = 0) -> ClosedRange<Int64> {
        start + offset...max(start + offset, token.created)
    }

    /// What lies in the folder for temporary files, but for the marks of those that a job's variable may still name.
    package var temporaryFiles: [String] {
        sandbox.files.filter { $0.hasPrefix(sandbox.file("tmp/")) && !$0.hasSuffix("/over") }
    }

    /// The values of all tokens that were ever minted or exchanged.
    package var mintedValues: [String] {
        cloud.tokens(.minted).map(\.value) + cloud.tokens(.exchanged).map(\.value)
    }
}
