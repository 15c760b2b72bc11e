import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPublicUnicast, isWithin } from './address.js'

describe('an address is public', () => {
  it.each([
    ['1.1.1.1'],
    ['93.184.216.34'],
    ['172.32.0.1'],
    ['100.128.0.1'],
    ['198.20.0.1'],
    ['223.255.255.254'],
    ['2606:4700:4700::1111'],
    ['2A00:1450:4001:800::200E'],
    ['::ffff:1.1.1.1'],
    ['::ffff:101:101'],
  ])('when it is %s', (address) => {
    expect(isPublicUnicast(address)).toBe(true)
  })

  it.each([
    ['this host', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['loopback', '127.0.0.1'],
    ['all of loopback', '127.255.255.254'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['a carrier’s own', '100.64.0.1'],
    ['link-local', '169.254.0.1'],
    ['protocol assignments', '192.0.0.8'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['6to4 relay', '192.88.99.1'],
    ['benchmarks', '198.18.0.1'],
    ['benchmarks', '198.19.255.255'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['metadata of AWS, GCP and Azure', '169.254.169.254'],
    ['metadata of AWS containers', '169.254.170.2'],
    ['metadata of Alibaba', '100.100.100.200'],
    ['Azure’s wire server', '168.63.129.16'],
    ['metadata of Oracle', '192.0.0.192'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback', '0:0:0:0:0:0:0:1'],
    ['link-local', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['unique local', 'fc00::1'],
    ['metadata of AWS', 'fd00:ec2::254'],
    ['metadata of GCP', 'fd20:ce::254'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['discard', '100::1'],
    ['segment routing', '5f00::1'],
    ['not given out', '4000::1'],
    ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
    ['IPv4-mapped loopback', '::ffff:7f00:1'],
    ['IPv4-mapped metadata', '::ffff:169.254.169.254'],
    ['IPv4-mapped metadata of Azure', '::ffff:168.63.129.16'],
    ['IPv4-compatible', '::8.8.8.8'],
    ['IPv4-compatible loopback', '::127.0.0.1'],
    ['IPv4-translated', '::ffff:0:8.8.8.8'],
    ['NAT64', '64:ff9b::8.8.8.8'],
    ['NAT64 to a private address', '64:ff9b::10.0.0.1'],
    ['local NAT64', '64:ff9b:1::1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:53aa:64c::1'],
    ['ORCHID', '2001:20::1'],
  ])('never when it is %s: %s', (_, address) => {
    expect(isPublicUnicast(address)).toBe(false)
  })

  it.each([
    [''],
    ['example.com'],
    ['0177.0.0.1'],
    ['010.8.8.8'],
    ['0x08.8.8.8'],
    ['8.8.8'],
    ['8.8'],
    ['134744072'],
    ['0x08080808'],
    ['8.8.8.8.'],
    [' 8.8.8.8'],
    ['8.8.8.8\n'],
    ['8.8.8.8/32'],
    ['256.1.1.1'],
    ['[2606:4700::1111]'],
    ['2606:4700::1111%eth0'],
    ['fe80::1%1'],
    ['2606:4700::1111::'],
  ])('never when it is written as %j', (address) => {
    expect(isPublicUnicast(address)).toBe(false)
  })

  it('in IPv4 exactly when it is public as IPv6 that maps it', () => {
    const octet = fc.nat(255)
    fc.assert(
      fc.property(octet, octet, octet, octet, (a, b, c, d) => {
        const address = `${a}.${b}.${c}.${d}`
        expect(isPublicUnicast(`::ffff:${address}`)).toBe(isPublicUnicast(address))
      }),
    )
  })
})

describe('an address lies in a network', () => {
  it.each([
    ['93.184.216.34', '93.184.216.0/24'],
    ['::ffff:93.184.216.34', '93.184.216.34/32'],
    ['2606:4700::1', '2606:4700::ffff/64'],
  ])('%s in %s', (address, network) => {
    expect(isWithin(address, ['10.0.0.0/8', network])).toBe(true)
  })

  it.each([
    ['93.184.217.34', '93.184.216.0/24'],
    ['2606:4700:0:1::1', '2606:4700::/64'],
    ['93.184.216.34', '::/0'],
  ])('but %s not in %s', (address, network) => {
    expect(isWithin(address, [network])).toBe(false)
  })
})
