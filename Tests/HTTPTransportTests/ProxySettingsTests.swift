import HostSystem
import Testing

@testable import HTTPTransport

@Suite struct ProxySettingsTests {
    private func proxy(_ environment: [String: String], for host: String = "api.pulumi.com") -> ProxySettings.Proxy? {
        ProxySettings(Environment(environment)).proxy(for: host)
    }

    @Test(arguments: [
        (["https_proxy": "http://a", "HTTPS_PROXY": "http://b", "all_proxy": "http://c"], "https_proxy", "http://a"),
        (["HTTPS_PROXY": "http://b", "all_proxy": "http://c", "ALL_PROXY": "http://d"], "HTTPS_PROXY", "http://b"),
        (["https_proxy": "", "all_proxy": "http://c", "ALL_PROXY": "http://d"], "all_proxy", "http://c"),
        (["HTTPS_PROXY": "", "ALL_PROXY": "http://d"], "ALL_PROXY", "http://d"),
        (["HTTPS_PROXY": "proxy.example.com:3128"], "HTTPS_PROXY", "http://proxy.example.com:3128"),
        (["HTTPS_PROXY": "http://user:word@proxy:3128/"], "HTTPS_PROXY", "http://proxy:3128"),
        (["HTTPS_PROXY": "HTTPS://Proxy"], "HTTPS_PROXY", "https://proxy"),
        (["HTTPS_PROXY": "socks5h://[::1]:1080"], "HTTPS_PROXY", "socks5h://[::1]:1080"),
    ])
    func `the variables have an order, and messages show no password`(
        environment: [String: String],
        variable: String,
        address: String
    ) {
        #expect(proxy(environment)?.variable == variable)
        #expect(proxy(environment)?.address == address)
    }

    @Test(arguments: [[:], ["HTTPS_PROXY": ""], ["http_proxy": "http://a", "HTTP_PROXY": "http://a"]])
    func `without a proxy for HTTPS there is none`(environment: [String: String]) {
        #expect(proxy(environment) == nil)
    }

    @Test func `no_proxy beats NO_PROXY, unless it is empty`() {
        let both = ["HTTPS_PROXY": "http://a", "no_proxy": "one.example", "NO_PROXY": "two.example"]
        #expect(proxy(both, for: "one.example") == nil)
        #expect(proxy(both, for: "two.example") != nil)
        let empty = ["HTTPS_PROXY": "http://a", "no_proxy": "", "NO_PROXY": "two.example"]
        #expect(proxy(empty, for: "two.example") == nil)
    }

    @Test func `settings print without the password`() throws {
        let settings = ProxySettings(Environment(["HTTPS_PROXY": "http://user:word@proxy"]))
        let proxy = try #require(settings.proxy(for: "api.pulumi.com"))
        var dumped = ""
        dump(settings, to: &dumped)
        dump(proxy, to: &dumped)
        for text in ["\(settings)", "\(proxy)", String(reflecting: settings), String(reflecting: proxy), dumped] {
            #expect(!text.contains("word"))
        }
        #expect("\(proxy)" == "http://proxy")
    }

    @Test func `every variable that decides on the proxy is named, and no other`() {
        let proxy = ["https_proxy": "http://proxy.example:1"]
        let others = ["http_proxy", "HTTP_PROXY", "ftp_proxy", "PROXY"]
        for name in ProxySettings.variables + others {
            let isException = name.lowercased() == "no_proxy"
            let value = isException ? "cloud.example" : "http://other.example:2"
            let environment = isException ? proxy.merging([name: value]) { $1 } : [name: value]
            let with = ProxySettings(Environment(environment)).proxy(for: "cloud.example")
            let without = ProxySettings(Environment(isException ? proxy : [:])).proxy(for: "cloud.example")
            #expect((with != without) == ProxySettings.variables.contains(name), "\(name)")
        }
        #expect(Set(ProxySettings.variables).count == 6)
    }
}
