import CloudEmulator
import Glibc

/// A cloud, a folder and an environment for the static executable; all gone at the end of the test.
final class Workbench {
    let cloud: CloudEmulator
    /// An empty folder, which is also the home of the tool.
    let folder: String
    let parent: String

    init(_ configuration: Configuration = Configuration()) throws {
        cloud = try CloudEmulator(configuration)
        parent = cloud.parentToken()
        var template = Array("/tmp/exec-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure("no temporary folder") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try write("ca.pem", cloud.caPEM)
    }

    deinit {
        cloud.stop()
        removeTree(folder)
    }

    /// As a user's shell has it, with nothing of the CI system that runs the tests.
    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": folder,
            "TMPDIR": folder,
            "PULUMI_ACCESS_TOKEN": parent,
            "PULUMI_BACKEND_URL": cloud.url,
            "SSL_CERT_FILE": folder + "/ca.pem",
        ]
    }

    /// `dist/pulumi-token-linux-…` as `scripts/build` leaves it.
    static var executable: String {
        let tests = String(#filePath).split(separator: "/").dropLast(4).joined(separator: "/")
        #if arch(arm64)
        return "/\(tests)/dist/pulumi-token-linux-arm64"
        #else
        return "/\(tests)/dist/pulumi-token-linux-x64"
        #endif
    }

    /// Starts `pulumi-token WORDS`.
    func start(_ words: [String], _ change: (inout Launch) -> Void = { _ in }) throws -> Run {
        var launch = Launch([Self.executable] + words, environment: environment)
        change(&launch)
        return try Run(launch)
    }

    /// Runs `pulumi-token exec -q -- /bin/sh -c SCRIPT` to its end.
    func exec(
        _ options: [String] = [],
        _ script: String,
        _ change: (inout Launch) -> Void = { _ in }
    ) throws -> Run.Result {
        try start(["exec", "-q"] + options + ["--", "/bin/sh", "-c", script], change).result()
    }

    /// Writes a file into the folder; its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws -> String {
        let path = folder + "/" + name
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw TestFailure("cannot write \(path)") }
        defer { close(file) }
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw TestFailure("cannot write \(path)") }
        return path
    }

    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
        try write(name, Array(text.utf8), mode: mode)
    }

    func remove(_ name: String) throws {
        guard unlink(folder + "/" + name) == 0 else { throw TestFailure("cannot remove \(name)") }
    }

    /// The names in a folder below the home, sorted, without hidden ones; empty when it is not there.
    func names(in path: String) -> [String] {
        allNames(in: folder + "/" + path).filter { !$0.hasPrefix(".") }
    }

    /// The records of leases that are left.
    var leases: [String] { names(in: ".local/state/pulumi-token") }

    /// The private folders that are left.
    var jobFolders: [String] { names(in: "").filter { $0.hasPrefix("pulumi-token-") } }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

private func allNames(in path: String) -> [String] {
    guard let listing = opendir(path) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

private func removeTree(_ path: String) {
    if unlink(path) == 0 { return }
    for name in allNames(in: path) { removeTree(path + "/" + name) }
    rmdir(path)
}
