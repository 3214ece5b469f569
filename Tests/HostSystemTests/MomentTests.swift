import HostSystem
import TestBench
import Testing

@Suite struct MomentTests {
    @Test(
        arguments: [
            ("2027-01-15T08:00:00Z", 1_800_000_000),
            ("2027-01-15t08:00:00z", 1_800_000_000),
            ("2027-01-15 08:00:00Z", 1_800_000_000),
            ("2027-01-15T08:00:00.123456789Z", 1_800_000_000),
            ("2027-01-15T08:00:00.9Z", 1_800_000_000),
            ("2027-01-15T09:30:00+01:30", 1_800_000_000),
            ("2027-01-14T23:30:00-08:30", 1_800_000_000),
            ("2027-01-15T08:00:00.5+00:00", 1_800_000_000),
            ("2027-01-15T08:00:00-00:00", 1_800_000_000),
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("2038-01-19T03:14:08Z", 2_147_483_648),
            ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
        ]
    )
    func `dates of RFC 3339 are read with their time zone`(text: String, unixTime: Int64) {
        #expect(Moment(parsing: text)?.unixTime == unixTime)
    }

    @Test(arguments: [
        "", "Z", "2027", "2027-01-15", "2027-01-15T08:00:00", "2027-01-15T08:00Z", "2027-01-15T08Z",
        "27-01-15T08:00:00Z", "2027-1-15T08:00:00Z", "2027-01-5T08:00:00Z", "2027-01-15T8:00:00Z",
        "12027-01-15T08:00:00Z",
        "2027/01/15T08:00:00Z", "2027-01-15_08:00:00Z", "2027-01-15T08-00-00Z", "20270115T080000Z",
        "2027-W03-5T08:00:00Z",
        "2027-00-15T08:00:00Z", "2027-13-15T08:00:00Z", "2027-01-00T08:00:00Z", "2027-01-32T08:00:00Z",
        "2027-04-31T08:00:00Z", "2027-02-29T08:00:00Z", "1900-02-29T08:00:00Z", "2100-02-29T08:00:00Z",
        "2027-01-15T24:00:00Z", "2027-01-15T08:60:00Z", "2027-01-15T08:00:61Z",
        "2027-01-15T08:00:00.Z", "2027-01-15T08:00:00,5Z", "2027-01-15T08:00:00.5", "2027-01-15T08:00:00Z ",
        " 2027-01-15T08:00:00Z", "2027-01-15T08:00:00ZZ", "2027-01-15T08:00:00UTC", "2027-01-15T08:00:00+1:00",
        "2027-01-15T08:00:00+0100", "2027-01-15T08:00:00+01", "2027-01-15T08:00:00+24:00", "2027-01-15T08:00:00+01:60",
        "2027-01-15T08:00:00*01:00", "2027-01-15T08:00:00+01:00x", "2027-01-15T08:00:00é01:0", "+027-01-15T08:00:00Z",
        "2027-01-15T-8:00:00Z", "２027-01-15T08:00:00Z", "2027-01-15T08:00:00\0Z", "1800000000",
    ])
    func `anything else is no moment`(text: String) {
        #expect(Moment(parsing: text) == nil)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (1_800_000_000, "2027-01-15T08:00:00Z"),
        (951_782_400, "2000-02-29T00:00:00Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
        (253_402_300_800, "10000-01-01T00:00:00Z"), (-62_167_219_200, "0000-01-01T00:00:00Z"),
    ])
    func `moments are written in UTC`(unixTime: Int64, text: String) {
        #expect(Moment(unixTime).description == text)
        #expect("\(Moment(unixTime))" == text)
    }

    @Test func `what is written is read as the same moment`() {
        var generator = SeededGenerator(seed: 300)
        for _ in 0..<2000 {
            let unixTime = Int64.random(in: -62_167_219_200...253_402_300_799, using: &generator)
            #expect(Moment(parsing: Moment(unixTime).description)?.unixTime == unixTime)
        }
    }

    @Test func `every day of four hundred years follows the one before it`() {
        var text = Moment(0).description
        for day in 1...146_097 as ClosedRange<Int64> {
            let next = Moment(day * 86_400).description
            // Texts of the same shape sort as their moments do.
            if next <= text || next.utf8.count != 20 { Issue.record("\(text) is followed by \(next)") }
            text = next
        }
        #expect(text == "2370-01-01T00:00:00Z")
    }

    @Test(arguments: [Int64.min, Int64.min + 1, Int64.max])
    func `a number far away is written somehow`(unixTime: Int64) {
        #expect(Moment(unixTime).description.hasSuffix("Z"))
    }
}
