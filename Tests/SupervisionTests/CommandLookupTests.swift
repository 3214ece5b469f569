import Glibc
import HostSystem
import Supervision
import TestBench
import Testing

/// Which file a command names, and whether it can run, as far as that is known before it does.
@Suite struct CommandLookupTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    private func path(of command: String, in searchPath: String? = nil) throws(CommandError) -> String {
        let lookup = CommandLookup(searchPath: searchPath.map { Array($0.utf8) })
        return String(decoding: try lookup.path(of: Array(command.utf8)), as: UTF8.self)
    }

    private func error(of command: String, in searchPath: String? = nil) -> CommandError? {
        do throws(CommandError) {
            _ = try path(of: command, in: searchPath)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Where

    @Test func `a name is looked for in the folders of PATH, in their order`() throws {
        try folder.write("#!/bin/sh\n", to: "one", mode: 0o755)
        #expect(try path(of: "one", in: "/no/such/folder:\(folder.path):/bin") == "\(folder.path)/one")
        #expect(try path(of: "sh", in: "\(folder.path):/bin") == "/bin/sh")
        #expect(error(of: "two", in: folder.path) == .notFound(command: "two", isPath: false))
    }

    @Test(arguments: ["cd", "source", ".", "export"])
    func `a command of the shell is called one, with the way out`(command: String) {
        let error = error(of: command, in: folder.path)
        #expect(error?.message == "command not found: \(command)")
        #expect(error?.hint == "use a shell, as in exec -- sh -c 'COMMANDS': the command is part of the shell")
    }

    @Test func `an assignment is called none, and its value is not shown`() {
        let error = error(of: "STACK=dev", in: folder.path)
        #expect(error?.message == "an assignment is not a command: STACK")
        #expect(error?.hint == "set variables with env, as in exec -- env NAME=VALUE COMMAND")
        #expect(self.error(of: "2x=y", in: folder.path)?.message == "command not found: 2x=y")
    }

    @Test func `a script whose lines end with CR LF is called one`() throws {
        let script = try folder.write("#!/bin/sh\r\necho\r\n", to: "script", mode: 0o755)
        let error = error(of: script)
        #expect(error?.message == "cannot execute \(script): its lines end with CR LF")
        #expect(error?.hint == "convert its line ends to LF" && error?.exitCode.rawValue == 127)
    }

    @Test func `without PATH the usual folders count`() throws {
        #expect(try path(of: "sh") == "/bin/sh")
        #expect(error(of: "sh", in: "/no/such/folder") != nil)
    }

    @Test func `a path is taken as it is`() throws {
        #expect(try path(of: "/bin/sh", in: "/no/such/folder") == "/bin/sh")
        #expect(error(of: "./no-such-file") == .notFound(command: "./no-such-file", isPath: true))
        #expect(error(of: "/bin/sh/x") == .notFound(command: "/bin/sh/x", isPath: true))
    }

    @Test func `a file without permission is skipped, but told of when there is no other`() throws {
        let denied = try folder.write("#!/bin/sh\n", to: "sh", mode: 0o644)
        #expect(try path(of: "sh", in: "\(folder.path):/bin") == "/bin/sh")
        #expect(error(of: "sh", in: "\(folder.path):/no/such") == .notExecutable(path: denied, code: EACCES))
        #expect(error(of: denied) == .notExecutable(path: denied, code: EACCES))
    }

    @Test func `a folder is no command`() {
        #expect(error(of: "/tmp") == .notExecutable(path: "/tmp", code: EISDIR))
        #expect(error(of: "tmp", in: "/") == .notFound(command: "tmp", isPath: false))
    }

    @Test func `a device is none, and neither is nothing`() {
        #expect(error(of: "/dev/null") == .notExecutable(path: "/dev/null", code: EACCES))
        #expect(error(of: "", in: "/bin") == .notFound(command: "", isPath: false))
    }

    @Test func `a name that is no UTF-8 is found`() throws {
        let name: [UInt8] = [0xFF, 0x41]
        let target = Array("\(folder.path)/".utf8) + name
        let source = try folder.write("#!/bin/sh\n", to: "plain", mode: 0o755)
        try #require(rename(source, target.map { CChar(bitPattern: $0) } + [0]) == 0)
        defer { unlink(target.map { CChar(bitPattern: $0) } + [0]) }
        #expect(try CommandLookup(searchPath: Array(folder.path.utf8)).path(of: name) == target)
    }

    // MARK: Whether it can run

    @Test func `a script needs its interpreter`() throws {
        let good = try folder.write("#! /bin/sh -e\n", to: "good", mode: 0o755)
        let bad = try folder.write("#!/no/such/interpreter\n", to: "bad", mode: 0o755)
        let missing = CommandError.interpreterMissing(path: bad, interpreter: "/no/such/interpreter")
        #expect(try path(of: good) == good)
        #expect(error(of: bad) == missing)
        #expect(missing.exitCode.rawValue == 127)
    }

    @Test func `so does an interpreter that is a script itself`() throws {
        let inner = try folder.write("#!/no/such/interpreter\n", to: "inner", mode: 0o755)
        let outer = try folder.write("#!\(inner)\n", to: "outer", mode: 0o755)
        #expect(error(of: outer) == .interpreterMissing(path: inner, interpreter: "/no/such/interpreter"))
    }

    @Test func `scripts that interpret one another come to an end`() throws {
        let path = "\(folder.path)/ring"
        try folder.write("#!\(path)\n", to: "ring", mode: 0o755)
        #expect(error(of: path) == nil, "the kernel says no")
    }

    @Test func `an interpreter without permission is told of`() throws {
        let inner = try folder.write("text", to: "inner", mode: 0o644)
        let outer = try folder.write("#!\(inner)\n", to: "outer", mode: 0o755)
        let denied = CommandError.notExecutable(path: inner, code: EACCES)
        #expect(error(of: outer) == denied)
        #expect(denied.exitCode.rawValue == 126)
    }

    @Test func `text that names no interpreter is none of the kernel's formats`() throws {
        for text in ["echo hello\n", "#!\n", "#!   ", ""] {
            let file = try folder.write(text, to: "text", mode: 0o755)
            #expect(error(of: file) == .unknownFormat(path: file), "\(text)")
        }
        #expect(CommandError.unknownFormat(path: "").exitCode.rawValue == 126)
    }

    /// The number of this processor in the ELF format.
    private static let machine: UInt8 = {
        #if arch(x86_64)
        62
        #else
        183
        #endif
    }()

    /// A little ELF file that asks for a dynamic loader.
    private func program(loader: String, machine: UInt8 = Self.machine) -> [UInt8] {
        var image = [UInt8](repeating: 0, count: 64 + 56)
        image.replaceSubrange(0..<8, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0])
        image[18] = machine
        image[32] = 64  // where the program headers are
        image[54] = 56  // the size of one
        image[56] = 1  // how many there are
        image[64] = 3  // PT_INTERP
        image[64 + 8] = UInt8(image.count)
        image[64 + 32] = UInt8(loader.utf8.count + 1)
        return image + Array(loader.utf8) + [0]
    }

    @Test func `a program needs its dynamic loader`() throws {
        let good = try folder.write(program(loader: "/bin/sh"), to: "good", mode: 0o755)
        let bad = try folder.write(program(loader: "/lib/ld-of-another-system.so"), to: "bad", mode: 0o755)
        #expect(try path(of: good) == good)
        #expect(error(of: bad) == .interpreterMissing(path: bad, interpreter: "/lib/ld-of-another-system.so"))
    }

    @Test func `a program of another processor is told of`() throws {
        let mips = try folder.write(program(loader: "/bin/sh", machine: 8), to: "mips", mode: 0o755)
        #expect(error(of: mips) == .otherProcessor(path: mips))
        #expect(CommandError.otherProcessor(path: mips).exitCode.rawValue == 126)
        let script = try folder.write("#!\(mips)\n", to: "script", mode: 0o755)
        #expect(error(of: script) == .otherProcessor(path: mips), "as an interpreter too")
    }

    @Test func `a damaged program is the kernel's to refuse`() throws {
        let image = program(loader: "/bin/sh")
        var generator = SystemRandomNumberGenerator()
        for count in 0..<image.count {
            var cut = Array(image.prefix(max(count, 4)))
            cut[Int.random(in: 4..<max(cut.count, 5), using: &generator) % cut.count] = 0xFF
            let file = try folder.write(cut, to: "cut", mode: 0o755)
            _ = error(of: file)
        }
    }
}
