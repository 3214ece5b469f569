import HostSystem
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Whether what is printed is shown in the log, or taken by somebody.
///
/// The processes are made of files.
@Suite struct OutputCaptureTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        for name in ["log", "capture", "errors"] { try folder.write("", to: name) }
    }

    /// - Parameter output: the file that stands for its standard output; nil where nobody may look.
    private func process(_ id: Int, _ program: String, parent: Int, output: String?) throws {
        try folder.makeFolder("\(id)")
        try folder.makeFolder("\(id)/fd")
        try folder.write("\(id) (a ) name) S \(parent) 1 1 0", to: "\(id)/stat")
        try folder.link("\(id)/exe", to: "/usr/bin/\(program)")
        if let output { try folder.link("\(id)/fd/1", to: folder.file(output)) }
    }

    private func isLog(_ output: String, parent: Int32, error: String = "errors") throws -> Bool {
        let output = open(folder.file(output), O_WRONLY), error = open(folder.file(error), O_WRONLY)
        defer { for number in [output, error] { close(number) } }
        return OutputCapture(processes: folder.path, parent: parent).isLog(output: output, error: error)
    }

    @Test func `what a script's line prints is the log`() throws {
        try process(10, "runner", parent: 1, output: "capture")
        try process(20, "bash", parent: 10, output: "log")
        #expect(try isLog("log", parent: 20))
    }

    @Test func `a substitution, a pipe and a file are captures`() throws {
        try process(10, "runner", parent: 1, output: "errors")
        try process(20, "bash", parent: 10, output: "log")
        #expect(try !isLog("capture", parent: 20), "the shell became the command at once")
        try process(30, "bash", parent: 20, output: "capture")
        #expect(try !isLog("capture", parent: 30), "a subshell runs the command")
    }

    @Test func `a script in a script is captured where its caller takes what it prints`() throws {
        try process(20, "dash", parent: 10, output: "log")
        try process(30, "bash", parent: 20, output: "capture")
        try process(40, "busybox", parent: 30, output: "capture")
        #expect(try !isLog("capture", parent: 40))
        #expect(try isLog("log", parent: 40) == true)
    }

    @Test func `a program that is no shell counts itself`() throws {
        try process(20, "bash", parent: 10, output: "log")
        try process(30, "make", parent: 20, output: "log")
        #expect(try isLog("log", parent: 30))
        #expect(try !isLog("capture", parent: 30))
        try process(40, "sh", parent: 30, output: "log")
        #expect(try isLog("log", parent: 40))
    }

    @Test func `the same file as standard error is the log`() throws {
        try process(20, "bash", parent: 10, output: "log")
        #expect(try isLog("capture", parent: 20, error: "capture"))
    }

    @Test func `what cannot be found out is the log`() throws {
        #expect(try isLog("capture", parent: 99))
        try process(20, "bash", parent: 10, output: nil)
        #expect(try isLog("capture", parent: 20))
    }

    @Test func `nobody reads what goes to the null device`() throws {
        let null = open("/dev/null", O_WRONLY)
        defer { close(null) }
        #expect(!OutputCapture(processes: folder.path, parent: 99).isLog(output: null, error: null))
    }

    /// With real shells: each prints how its own standard output looks from a command of it.
    @Test func `a real shell's substitution has another output than the shell`() throws {
        let script = """
            here=$(readlink /proc/$$/fd/1)
            there=$(readlink /proc/self/fd/1)
            test "$here" != "$there" && echo differs
            """
        #expect(try Program("bash", ["-c", script]).run().output == "differs\n")
    }

    // MARK: Tracing

    /// - Parameter passing: how many of the shells pass on what is printed.
    private func isTraced(_ shells: [String]..., passing: Int = 0) throws -> Bool {
        for (number, words) in shells.enumerated() {
            let id = 10 * (number + 1)
            let file = words[0] == "sh of busybox" ? "busybox" : words[0]
            try process(id, file, parent: id + 10, output: number < passing ? "capture" : "log")
            let words = [words[0].split(separator: " ").map(String.init)[0]] + words.dropFirst()
            try folder.write(words.joined(separator: "\0") + "\0", to: "\(id)/cmdline")
        }
        let output = open(folder.file("capture"), O_WRONLY)
        defer { close(output) }
        return OutputCapture(processes: folder.path, parent: 10).isTraced(output: output)
    }

    @Test(arguments: [
        ["sh", "-xe", "/tmp/script.sh"], ["bash", "-x"], ["bash", "--norc", "-ex", "-c", "x"], ["dash", "-e", "-x"],
        ["bash", "-o", "pipefail", "-o", "xtrace", "script"], ["zsh", "-eo", "xtrace"],
    ])
    func `a shell that was started to show its commands is found`(words: [String]) throws {
        #expect(try isTraced(words))
    }

    @Test(arguments: [
        ["busybox", "sh", "-xe", "script"], ["ash", "-x"], ["bash", "-O", "extglob", "-x"], ["zsh", "-o", "X_TRACE"],
        ["bash", "--rcfile", "file", "-x"], ["zsh", "--xtrace"], ["ksh93", "-o", "x-trace"],
    ])
    func `so is one that says it in an unusual way`(words: [String]) throws {
        #expect(try isTraced(words))
    }

    @Test func `so is one above a command that only waits`() throws {
        #expect(try isTraced(["timeout", "20"], ["sh", "-x"]))
    }

    @Test(arguments: [0, 1])
    func `a script below one that shows its commands shows none, unless it passes that on`(passing: Int) throws {
        let isTraced = try isTraced(["bash", "script.sh"], ["sh", "-xe", "outer.sh"], passing: passing)
        #expect(isTraced == (passing == 1))
    }

    @Test func `what only waits for the command is no other program`() throws {
        try process(30, "runner", parent: 1, output: "capture")
        try process(20, "bash", parent: 30, output: "log")
        try process(10, "timeout", parent: 20, output: "capture")
        #expect(try !isLog("capture", parent: 10))
        #expect(try isLog("log", parent: 10))
    }

    @Test(arguments: [
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "/tmp/x.sh"], ["sh", "-e", "-c", "set -x"], ["sh"],
        ["bash", "script", "-x"], ["bash", "+x", "script"], ["bash", "--", "-x"], ["make", "-x"],
        ["pwsh", "-NoExit"], ["bash", "-o", "errexit", "script"], ["bash", "+o", "xtrace"], ["busybox", "sh", "-e"],
        ["sh of busybox", "script", "-x"],
    ])
    func `others are not taken for one`(words: [String]) throws {
        #expect(try !isTraced(words))
    }
}
