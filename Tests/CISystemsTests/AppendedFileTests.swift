import Glibc
import HostSystem
import RunnerGrammars
import Secrets
import TestBench
import Testing

@testable import CISystems

@Suite struct AppendedFileTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
    }

    private func file(_ name: String) -> AppendedFile {
        AppendedFile(variable: "GITHUB_ENV", path: scratch.file(name))
    }

    private func error(of file: AppendedFile, _ content: String = "A=1\n", limit: Int = .max) -> ExportError? {
        do throws(ExportError) {
            try file.append(Secret(content), limit: limit)
            return nil
        } catch {
            return error
        }
    }

    @Test func `what was there stays`() throws {
        try scratch.write("OLD=1\n", to: "f", mode: 0o640)
        try file("f").append(Secret("A=1\n"))
        try file("f").append(Secret("B=2\n"))
        #expect(scratch.text("f") == "OLD=1\nA=1\nB=2\n")
        #expect(scratch.permissions("f") == 0o640)
    }

    @Test func `a last line that was left open is ended`() throws {
        try scratch.write("OLD=1", to: "f")
        try file("f").append(Secret("A=1\n"))
        #expect(scratch.text("f") == "OLD=1\nA=1\n")
    }

    @Test func `a missing file is an error that names the variable`() {
        let missing = ExportError.missingFile(variable: "GITHUB_ENV", path: scratch.file("f"))
        #expect(error(of: file("f")) == missing)
        #expect(missing.message == "cannot write \(scratch.file("f")): the file in GITHUB_ENV does not exist")
        #expect(scratch.names == [])
        #expect(error(of: file("no/f")) == .missingFile(variable: "GITHUB_ENV", path: scratch.file("no/f")))
    }

    /// The runner stops reading at such a line, without a word, and what we write would be lost.
    @Test func `a file with a line that its reader does not take is left alone`() throws {
        let long = String(repeating: "x", count: 70_000)
        for (text, isRefused) in [(long, true), ("A=1\n\(long)\nB=2\n", true), (long.prefix(65_534) + "\n", false)] {
            try scratch.write(String(text), to: "f")
            var file = file("f")
            file.longestLine = 65_534
            #expect(error(of: file) == (isRefused ? .longLine(path: scratch.file("f")) : nil))
            #expect(isRefused == (scratch.text("f") == text))
        }
        try scratch.write(long + "\n", to: "f")
        #expect(error(of: file("f")) == nil, "GitHub's own reader takes any line")
    }

    @Test(.hangLimit) func `a line without an end is not read to its end`() throws {
        try scratch.write("A=1\n", to: "f")
        // Of nothing but zeros, which take no place on the disk.
        try #require(truncate(scratch.file("f"), 1 << 42) == 0)
        var file = file("f")
        file.longestLine = 65_534
        #expect(error(of: file) == .longLine(path: scratch.file("f")))
    }

    @Test func `to a file of as many bytes as there can be nothing is appended`() throws {
        try scratch.write("", to: "f")
        // Where the file system takes no such file, its largest will do.
        let isLargest = truncate(scratch.file("f"), .max) == 0
        try #require(isLargest || truncate(scratch.file("f"), 1 << 43) == 0)
        #expect(error(of: file("f"), limit: 100) == .tooLarge(path: scratch.file("f"), limit: 100))
        if isLargest { #expect(error(of: file("f")) == .tooLarge(path: scratch.file("f"), limit: .max)) }
    }

    @Test func `a file that may be made is made for its owner alone`() throws {
        var file = file("f")
        file.isCreated = true
        try file.append(Secret("A=1\n"))
        try file.append(Secret("B=2\n"))
        #expect(scratch.text("f") == "A=1\nB=2\n")
        #expect(scratch.permissions("f") == 0o600)
    }

    @Test func `a link is not followed`() throws {
        try scratch.write("OLD=1\n", to: "target")
        try scratch.link("f", to: scratch.file("target"))
        #expect(error(of: file("f")) == .notAPlainFile(path: scratch.file("f")))
        #expect(scratch.text("target") == "OLD=1\n")
        try scratch.link("dangling", to: scratch.file("nowhere"))
        var file = file("dangling")
        file.isCreated = true
        #expect(error(of: file) == .notAPlainFile(path: scratch.file("dangling")))
        #expect(scratch.mode("nowhere") == nil)
    }

    @Test func `a folder, a pipe and a device are no files`() throws {
        try scratch.makeFolder("folder")
        try scratch.makePipe("pipe")
        for name in ["folder", "pipe"] { #expect(error(of: file(name)) == .notAPlainFile(path: scratch.file(name))) }
        let device = AppendedFile(variable: "GITHUB_ENV", path: "/dev/null")
        #expect(error(of: device) == .notAPlainFile(path: "/dev/null"))
    }

    @Test func `a pipe that somebody reads is no file either, and gets nothing`() throws {
        try scratch.makePipe("pipe")
        let reader = open(scratch.file("pipe"), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        #expect(error(of: file("pipe")) == .notAPlainFile(path: scratch.file("pipe")))
        var byte: UInt8 = 0
        #expect(read(reader, &byte, 1) == 0)
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func `a file that may not be written is an error`() throws {
        try scratch.write("OLD=1\n", to: "f", mode: 0o400)
        #expect(error(of: file("f")) == .unwritable(path: scratch.file("f"), code: EACCES))
    }

    @Test func `a file that the system keeps from being written is an error`() {
        let error = error(of: AppendedFile(variable: "GITHUB_ENV", path: "/proc/version"))
        #expect(error?.exitCode == .cannotWrite)
        #expect(error?.message.contains("/proc/version") == true)
    }

    @Test(arguments: [0, 1, 3])
    func `a short write leaves the file as it was`(count: Int) throws {
        try scratch.write("OLD=1\n", to: "f")
        var file = file("f")
        file.write = { descriptor, bytes in
            systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
        }
        #expect(error(of: file) == .unwritable(path: scratch.file("f"), code: ENOSPC))
        #expect(scratch.text("f") == "OLD=1\n")
    }

    @Test func `a short write after an open line takes the line feed back as well`() throws {
        try scratch.write("OLD=1", to: "f")
        var file = file("f")
        file.write = { descriptor, bytes in systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(2))) }
        #expect(error(of: file)?.exitCode == .cannotWrite)
        #expect(scratch.text("f") == "OLD=1")
    }

    @Test func `a failed write says why`() throws {
        try scratch.write("OLD=1\n", to: "f")
        var file = file("f")
        file.write = { _, _ in
            errno = EDQUOT
            return -1
        }
        #expect(error(of: file) == .unwritable(path: scratch.file("f"), code: EDQUOT))
        #expect(scratch.text("f") == "OLD=1\n")
    }

    @Test func `an interrupted write is repeated`() throws {
        try scratch.write("", to: "f")
        let calls = Calls()
        var file = file("f")
        file.write = { descriptor, bytes in
            calls.count += 1
            guard calls.count > 3 else {
                errno = EINTR
                return -1
            }
            return systemWrite(descriptor, bytes)
        }
        try file.append(Secret("A=1\n"))
        #expect(scratch.text("f") == "A=1\n")
        #expect(calls.count == 4)
    }

    @Test func `what another writer appended meanwhile is never cut off`() throws {
        try scratch.write("OLD=1\n", to: "f")
        let other = file("f")
        var file = file("f")
        file.write = { descriptor, bytes in
            let written = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(2)))
            _ = try? other.append(Secret("OTHER=1\n"))
            return written
        }
        #expect(error(of: file)?.exitCode == .cannotWrite)
        #expect(scratch.text("f") == "OLD=1\nA=\nOTHER=1\n")
    }

    @Test func `two writers at once lose nothing`() throws {
        try scratch.write("", to: "f")
        let files = EnvironmentFiles(in: Environment(["GITHUB_ENV": scratch.file("f")]), dialect: .gitHub)
        let writers = (0..<2).map { writer in
            Reader {
                for number in 0..<100 {
                    let variable = ExportedVariable.plain(
                        "V\(writer)_\(number)",
                        String(repeating: "\(number)\n", count: number)
                    )
                    _ = try? files.file(for: .environment).append([variable], randomness: .system)
                }
                return []
            }
        }
        for writer in writers { _ = writer.join() }
        let variables = try GitHubRunner.environment(scratch.contents("f") ?? [])
        #expect(variables.count == 200)
        #expect(variables["V1_99"] == String(repeating: "99\n", count: 99))
    }

    @Test func `a limit is that of the whole file`() throws {
        try scratch.write("12345\n", to: "f")
        #expect(error(of: file("f"), "123\n", limit: 9) == .tooLarge(path: scratch.file("f"), limit: 9))
        #expect(scratch.text("f") == "12345\n")
        #expect(error(of: file("f"), "123\n", limit: 10) == nil)
    }
}

@Suite struct StepSummaryTests {
    @Test func `Markdown is appended on lines of its own`() throws {
        let scratch = try ScratchFolder()
        let summary = StepSummary(path: try scratch.write("## old", to: "s"))
        try summary.append("| a |")
        try summary.append("text\n")
        #expect(scratch.text("s") == "## old\n| a |\ntext\n")
    }

    @Test func `more than GitHub shows is refused, and what is there stays`() throws {
        let scratch = try ScratchFolder()
        let old = [UInt8](repeating: 0x78, count: 1024 * 1024 - 10)
        let summary = StepSummary(path: try scratch.write(old + [0x0A], to: "s"))
        #expect(throws: ExportError.tooLarge(path: scratch.file("s"), limit: 1_048_576)) {
            try summary.append("123456789")
        }
        #expect(scratch.contents("s")?.count == 1024 * 1024 - 9)
        try summary.append("12345678")
        #expect(scratch.contents("s")?.count == 1024 * 1024)
    }

    @Test func `a summary that is missing is an error that names the variable`() throws {
        let scratch = try ScratchFolder()
        let error = ExportError.missingFile(variable: "GITHUB_STEP_SUMMARY", path: scratch.file("s"))
        #expect(throws: error) { try StepSummary(path: scratch.file("s")).append("x") }
    }
}
