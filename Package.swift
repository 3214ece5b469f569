// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// For what takes tests a minute of a processor otherwise: they read long lists, and each of their many commands builds
/// the tables of its secrets.
let isAlwaysOptimized: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// A room of the house: imports go down this list, never up.
func room(_ name: String, uses dependencies: [String] = [], settings more: [SwiftSetting] = []) -> Target {
    .target(
        name: name,
        dependencies: dependencies.map { .init(stringLiteral: $0) },
        swiftSettings: settings + more
    )
}

func tests(of room: String, with helpers: [String] = []) -> Target {
    .testTarget(
        name: room + "Tests",
        dependencies: ([room] + helpers).map { .init(stringLiteral: $0) },
        swiftSettings: settings
    )
}

let package = Package(
    name: "pulumi-token",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "pulumi-token", targets: ["pulumi-token"]),
        .executable(name: "cloud-emulator", targets: ["cloud-emulator"]),
        .executable(name: "benchmark", targets: ["benchmark"]),
    ],
    targets: [
        // What Swift's C library module leaves out, as inline functions.
        .systemLibrary(name: "CPlatform"),
        // libcurl and OpenSSL of `.deps`, found through a .pc file of our own.
        .systemLibrary(name: "CLibcurl", pkgConfig: "pulumi-token-libcurl"),

        .executableTarget(
            name: "pulumi-token",
            dependencies: [
                "TokenLifecycle", "CISystems", "Credentials", "PulumiCloud", "JSON", "Redaction", "Supervision",
                "HTTPTransport", "HostSystem", "Secrets",
            ],
            swiftSettings: settings
        ),
        room(
            "TokenLifecycle",
            uses: [
                "CISystems", "Credentials", "PulumiCloud", "Supervision", "JSON", "Redaction", "HTTPTransport",
                "HostSystem",
                "Secrets",
            ]
        ),
        room("Credentials", uses: ["CISystems", "PulumiCloud", "HTTPTransport", "JSON", "HostSystem", "Secrets"]),
        room("CISystems", uses: ["Supervision", "JSON", "HostSystem", "Secrets"]),
        room("PulumiCloud", uses: ["HTTPTransport", "JSON", "Redaction", "HostSystem", "Secrets"]),
        room("Supervision", uses: ["Redaction", "HostSystem", "Secrets", "CPlatform"]),
        room("HTTPTransport", uses: ["HostSystem", "Secrets", "CLibcurl"]),
        room("JSON", uses: ["Secrets"], settings: isAlwaysOptimized),
        room("Redaction", uses: ["Secrets"], settings: isAlwaysOptimized),
        room("HostSystem", uses: ["Secrets", "CPlatform"]),
        room("Secrets", uses: ["CLibcurl"], settings: isAlwaysOptimized),

        .systemLibrary(name: "COpenSSL", path: "Tests/COpenSSL", pkgConfig: "pulumi-token-libcurl"),
        .target(
            name: "CloudEmulator",
            dependencies: ["COpenSSL"],
            path: "Tests/CloudEmulator",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "cloud-emulator",
            dependencies: ["CloudEmulator"],
            path: "Tests/cloud-emulator",
            swiftSettings: settings
        ),

        // A scripted transport and a virtual clock.
        .target(
            name: "StubTransport",
            dependencies: ["HTTPTransport", "HostSystem", "Redaction", "Secrets"],
            path: "Tests/StubTransport",
            swiftSettings: settings
        ),
        // Scratch folders, programs and numbers that are random but known.
        .target(
            name: "TestBench",
            dependencies: ["Redaction", "HostSystem", "Secrets", "CPlatform"],
            path: "Tests/TestBench",
            swiftSettings: settings
        ),

        // A machine on which commands run in process.
        .target(
            name: "TestMachine",
            dependencies: [
                "StubTransport", "TestBench", "TokenLifecycle", "CISystems", "Credentials", "PulumiCloud",
                "HTTPTransport", "HostSystem", "Secrets",
            ],
            path: "Tests/TestMachine",
            swiftSettings: settings
        ),

        // Documents against the schemas of the documentation.
        .target(
            name: "JSONSchema",
            dependencies: ["CloudEmulator", "TestBench"],
            path: "Tests/JSONSchema",
            swiftSettings: settings
        ),

        // Changes a record again and again, for tests that kill it.
        .executableTarget(
            name: "lease-writer",
            dependencies: ["TokenLifecycle", "CISystems", "HostSystem", "StubTransport"],
            path: "Tests/lease-writer",
            swiftSettings: settings
        ),

        // How runners read what a step writes.
        .target(name: "RunnerGrammars", path: "Tests/RunnerGrammars", swiftSettings: settings),
        // A machine with a cloud, jobs on it, and a look for secrets in what they leave.
        .target(
            name: "JobBench",
            dependencies: ["CloudEmulator", "RunnerGrammars", "TestBench"],
            path: "Tests/JobBench",
            swiftSettings: settings
        ),

        .executableTarget(
            name: "benchmark",
            dependencies: ["CloudEmulator", "JobBench", "TestBench", "Redaction", "Secrets"],
            path: "Tests/benchmark",
            exclude: ["floor.c", "without.c"],
            swiftSettings: settings
        ),

        tests(of: "Secrets", with: ["TestBench"]),
        tests(of: "HostSystem", with: ["StubTransport", "TestBench", "CPlatform"]),
        tests(of: "Redaction", with: ["TestBench", "Secrets"]),
        tests(of: "JSON", with: ["TestBench", "Redaction", "Secrets"]),
        tests(of: "HTTPTransport", with: ["CloudEmulator", "TestBench", "HostSystem", "Redaction", "Secrets"]),
        tests(
            of: "PulumiCloud",
            with: ["StubTransport", "HTTPTransport", "JSON", "HostSystem", "Redaction", "Secrets"]
        ),
        tests(
            of: "Credentials",
            with: [
                "StubTransport", "CloudEmulator", "TestBench", "CISystems", "PulumiCloud", "HTTPTransport",
                "HostSystem", "Redaction", "Secrets",
            ]
        ),
        tests(
            of: "CISystems",
            with: ["StubTransport", "TestBench", "RunnerGrammars", "Supervision", "HostSystem", "Redaction", "Secrets"]
        ),
        // What is started in the tests of Supervision, and starts things itself.
        .executableTarget(
            name: "supervision-probe",
            dependencies: ["Supervision", "HostSystem", "Secrets"],
            path: "Tests/supervision-probe",
            swiftSettings: settings
        ),
        tests(
            of: "Supervision",
            with: ["supervision-probe", "Redaction", "Secrets", "HostSystem", "TestBench", "CPlatform"]
        ),
        tests(
            of: "TokenLifecycle",
            with: [
                "StubTransport", "TestBench", "TestMachine", "CISystems", "Credentials", "PulumiCloud", "HTTPTransport",
                "HostSystem", "Redaction", "Secrets",
            ]
        ),
        tests(of: "CloudEmulator", with: ["TestBench"]),
        .testTarget(
            name: "FrontDoorTests",
            dependencies: [
                "pulumi-token", "CloudEmulator", "JSONSchema", "RunnerGrammars", "StubTransport", "TestBench",
                "TestMachine", "TokenLifecycle",
                "CISystems",
                "Credentials", "PulumiCloud",
                "Redaction", "Secrets", "Supervision",
                "HTTPTransport", "HostSystem",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CloudEmulator", "JobBench", "JSONSchema", "RunnerGrammars", "TestBench", "CPlatform",
            ],
            swiftSettings: settings
        ),
        // Whole jobs, as each CI system and make run them, around the static executable.
        .testTarget(
            name: "JobTests",
            dependencies: ["CloudEmulator", "HostSystem", "JobBench", "RunnerGrammars", "TestBench"],
            swiftSettings: settings
        ),
        // The scripts that get the product to its users.
        .testTarget(name: "ScriptTests", dependencies: ["TestBench"], swiftSettings: settings),
    ]
)

// Only with the compiler's fuzzer, which brings the entry point: see scripts/fuzz.
if Context.environment["PULUMI_TOKEN_FUZZ"] != nil {
    package.products.append(.executable(name: "fuzz", targets: ["fuzz"]))
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "JSON", "Redaction", "Secrets", "HostSystem", "HTTPTransport", "PulumiCloud", "Credentials",
                "TokenLifecycle",
                "StubTransport",
            ],
            path: "Tests/fuzz",
            swiftSettings: settings
        )
    )
}
