import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Where libcurl's source comes from: a mirror on this machine, with three versions of a package.
@Suite(.hangLimit, .ownThreads(.first)) struct SourcePackageTests {
    private let folder: ScratchFolder
    private let server: FileServer

    init() throws {
        folder = try ScratchFolder()
        for name in ["mirror", "work"] { try folder.makeFolder(name) }
        try Self.fill(folder)
        server = try FileServer(folder.file("mirror"))
    }

    private static func fill(_ folder: ScratchFolder) throws {
        let make = """
            set -e
            for version in 1.0-1 1.0-2 1.0-10; do
                mkdir -p "$1/work/tiny-$version/debian/source"
                cd "$1/work/tiny-$version"
                echo 1.0 >debian/source/format
                printf 'Source: tiny\\nMaintainer: A <a@example.com>\\n\\nPackage: tiny\\nArchitecture: all\\n' >debian/control
                printf 'tiny (%s) unstable; urgency=low\\n\\n  * It.\\n\\n -- A <a@example.com>  %s\\n' \\
                    "$version" 'Thu, 01 Jan 2026 00:00:00 +0000' >debian/changelog
                (cd "$1/mirror" && dpkg-source --build "$1/work/tiny-$version")
            done
            cd "$1/mirror" && dpkg-scansources . >Sources
            """
        let outcome = try Program("sh", ["-c", make, "sh", folder.path]).run()
        guard outcome.status == 0 else { throw BenchError(outcome.error) }
    }

    private func fetch() throws -> Outcome {
        let script = """
            source "$1/scripts/common.sh"
            source "$1/scripts/debian.sh"
            private_lists "$2"
            echo "deb-src [trusted=yes] $3 ./" >"$2/sources.d/tiny.list"
            apt-get "${apt_options[@]}" update
            fetch_source "$2" tiny
            basename "$2"/source/*.dsc
            ls -d "$2"/source/tiny-*/debian
            """
        return try Program("bash", ["-c", script, "fetch", Repository.root, folder.file("work"), server.url]).run()
    }

    private func drop(_ name: String) { unlink(folder.file("mirror/\(name)")) }

    @Test func `the newest version is taken, without a word`() throws {
        let outcome = try fetch()
        #expect(outcome.status == 0 && outcome.output.hasPrefix("tiny_1.0-10.dsc\n"), "\(outcome.log)")
        #expect(outcome.error == "")
    }

    @Test func `a version whose files are not all there is passed over, and is named`() throws {
        drop("tiny_1.0-10.tar.gz")
        let outcome = try fetch()
        #expect(outcome.status == 0 && outcome.output.hasPrefix("tiny_1.0-2.dsc\n"), "\(outcome.log)")
        #expect(outcome.error == "warning: using tiny 1.0-2: the mirror lacks files of 1.0-10\n")
        drop("tiny_1.0-2.dsc")
        let older = try fetch()
        #expect(older.status == 0 && older.output.hasPrefix("tiny_1.0-1.dsc\n"), "\(older.log)")
        #expect(older.error == "warning: using tiny 1.0-1: the mirror lacks files of 1.0-10 1.0-2\n")
    }

    @Test func `a file that is another one than the list says is no reason to take an older version`() throws {
        try folder.write("something else", to: "mirror/tiny_1.0-10.dsc")
        let outcome = try fetch()
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("could not fetch the source package of tiny"))
    }

    @Test func `a mirror without any whole version is an error`() throws {
        for version in ["1.0-1", "1.0-2", "1.0-10"] { drop("tiny_\(version).tar.gz") }
        let outcome = try fetch()
        #expect(outcome.status == 1 && outcome.error.contains("404"))
    }
}
