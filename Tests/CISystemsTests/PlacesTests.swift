import CISystems
import HostSystem
import TestBench
import Testing

@Suite struct PlacesTests {
    private func places(_ variables: [String: String], _ changes: [String: String?] = [:]) -> Places {
        CISystem.detect(in: Environment(variables).replacing(changes), files: .fixed()).places
    }

    @Test(arguments: CISystem.Kind.allCases)
    func `records last as long as the job`(kind: CISystem.Kind) {
        #expect(kind.detect().places.leases == kind.row.leases)
    }

    @Test func `GitLab's temporary folder is beside the project where the runner does not name it`() {
        let unnamed = places(JobEnvironment.gitLab, ["RUNNER_TEMP_PROJECT_DIR": nil])
        #expect(unnamed.leases == "/builds/group/shop.tmp/pulumi-token")
        #expect(places(JobEnvironment.gitLab, ["RUNNER_TEMP_PROJECT_DIR": "", "CI_PROJECT_DIR": nil]).leases == nil)
    }

    @Test(arguments: ["", "relative/temp", "./temp", nil])
    func `only an absolute folder is a place`(temporary: String?) {
        let places = places(JobEnvironment.gitHub, ["RUNNER_TEMP": temporary])
        #expect(places.leases == nil)
        #expect(places.temporary == ["/tmp"])
    }

    @Test(arguments: CISystem.Kind.allCases)
    func `temporary folders, the job's own first`(kind: CISystem.Kind) {
        let places = kind.detect(["XDG_RUNTIME_DIR": "/run/user/1", "TMPDIR": "/var/tmp/"]).places
        let common = ["/run/user/1", "/var/tmp", "/tmp"]
        let own =
            kind.row.leases == "/tmp/pulumi-token" ? ["/tmp", "/run/user/1", "/var/tmp"] : kind.row.temporary + common
        #expect(places.temporary == own)
    }

    @Test func `no temporary folder is named twice`() {
        #expect(places(JobEnvironment.gitea, ["TMPDIR": "/tmp//", "XDG_RUNTIME_DIR": ""]).temporary == ["/tmp"])
    }

    @Test(arguments: CISystem.Kind.allCases)
    func `folders whose files become artifacts`(kind: CISystem.Kind) {
        #expect(kind.detect().places.published == kind.row.published)
    }

    @Test func `CircleCI's folder may be named absolutely`() {
        #expect(places(JobEnvironment.circleCI, ["CIRCLE_WORKING_DIRECTORY": "/w"]).published == ["/w"])
        #expect(
            places(JobEnvironment.circleCI, ["CIRCLE_WORKING_DIRECTORY": "~", "HOME": "/root/"]).published == ["/root"]
        )
        #expect(places(JobEnvironment.circleCI, ["HOME": nil]).published == [])
        #expect(places(JobEnvironment.circleCI, ["CIRCLE_WORKING_DIRECTORY": nil]).published == [])
    }

    @Test(
        arguments: [
            ("/builds/group/shop/f", "/builds/group/shop"),
            ("/builds/group/shop", "/builds/group/shop"),
            ("/builds/group/shop/", "/builds/group/shop"),
            ("//builds//group/./shop/a/b", "/builds/group/shop"),
            ("/builds/group/other/../shop/f", "/builds/group/shop"),
            ("/builds/group/shop/../shop/f", "/builds/group/shop"),
            ("/../builds/group/shop/f", "/builds/group/shop"),
            ("/builds/group/shop.tmp/f", nil),
            ("/builds/group/shopping/f", nil),
            ("/builds/group/shop/../f", nil),
            ("/builds/group/shop/a/../../f", nil),
            ("/builds/group", nil),
            ("/", nil),
            ("/elsewhere/builds/group/shop/f", nil),
        ] as [(String, String?)]
    )
    func `a path is in a published folder by its name`(path: String, folder: String?) {
        #expect(places(JobEnvironment.gitLab).publishedFolder(holding: path) == folder)
    }

    @Test func `a workspace that is the root holds everything`() {
        let places = places(JobEnvironment.gitHub, ["GITHUB_WORKSPACE": "/"])
        #expect(places.publishedFolder(holding: "/tmp/f") == "/")
        #expect(places.publishedFolder(holding: "/") == "/")
    }

    @Test func `links lead into a published folder, and do not lead out of one`() throws {
        let scratch = try ScratchFolder()
        try scratch.makeFolder("work")
        try scratch.makeFolder("work/out")
        try scratch.makeFolder("other")
        try scratch.makeFolder("other/deep")
        try scratch.link("in", to: "work/out")
        try scratch.link("work/link", to: scratch.file("other"))
        try scratch.link("work/deep", to: scratch.file("other/deep"))
        try scratch.link("workspace", to: "work")
        for workspace in ["work", "workspace"] {
            let folder = scratch.file(workspace)
            let places = places(JobEnvironment.gitHub, ["GITHUB_WORKSPACE": folder])
            #expect(places.publishedFolder(holding: scratch.file("in/new/file")) == folder)
            #expect(
                places.publishedFolder(holding: scratch.file("in/../f")) == folder,
                "the parent of what a link means"
            )
            #expect(places.publishedFolder(holding: scratch.file("work/f")) == folder)
            #expect(places.publishedFolder(holding: scratch.file("other/f")) == nil)
            #expect(places.publishedFolder(holding: scratch.file("other/deep/../f")) == nil)
        }
        let places = places(JobEnvironment.gitHub, ["GITHUB_WORKSPACE": scratch.file("work")])
        // What lies behind such a link may be published by its name.
        #expect(places.publishedFolder(holding: scratch.file("work/link/f")) == scratch.file("work"))
        #expect(places.publishedFolder(holding: scratch.file("work/deep/../f")) == scratch.file("work"))
    }
}
