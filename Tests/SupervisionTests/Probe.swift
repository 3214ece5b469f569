import Glibc
import HostSystem
import Secrets
import Supervision
import TestBench

/// The program beside the tests that is both sides of a detached process.
enum Probe {
    static let path: String = {
        var target = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &target, target.count)
        let executable = target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        let folder = executable.prefix(upTo: executable.lastIndex(of: UInt8(ascii: "/")) ?? 0)
        return folder.isEmpty || count == target.count
            ? "supervision-probe" : String(decoding: folder, as: UTF8.self) + "/supervision-probe"
    }()

    /// Starts it as a detached process of the test.
    ///
    /// - Parameter link: what it talks to.
    static func start(
        _ role: String,
        _ contents: String = "",
        link: Int32,
        outlivesUs: Bool
    ) throws -> DetachedProcess {
        // As `main` does in the tool.
        _ = signal(SIGPIPE, SIG_IGN)
        return try DetachedProcess.start(
            ["probe", role],
            executable: path,
            contents: Secret(contents),
            inheriting: [link],
            outlivesUs: outlivesUs
        )
    }
}

/// Two ends that talk to each other, line by line.
final class Link {
    private(set) var ours: Int32
    private(set) var theirs: Int32
    private var unread: [UInt8] = []

    init() throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw BenchError("socketpair") }
        (ours, theirs) = (ends[0], ends[1])
    }

    deinit {
        close(ours)
        leave()
    }

    /// Closes the end that the other side has by now.
    func leave() {
        if theirs >= 0 { close(theirs) }
        theirs = -1
    }

    func send(_ byte: UInt8) { _ = [byte].withUnsafeBytes { write(ours, $0.baseAddress, 1) } }

    /// The next line; nil when the other side has closed its end.
    func nextLine() throws -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            var watched = pollfd(fd: ours, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, RunningProgram.patience) > 0 else { throw BenchError("nothing is said") }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(ours, &chunk, chunk.count)
            guard count > 0 else { return nil }
            unread += chunk.prefix(count)
        }
    }

    /// The words of the next line that begins with a word.
    func words(after word: String) throws -> [String] {
        while let line = try nextLine() {
            let words = line.split(separator: " ").map(String.init)
            if words.first == word { return Array(words.dropFirst()) }
        }
        throw BenchError("\(word) was not said")
    }
}
