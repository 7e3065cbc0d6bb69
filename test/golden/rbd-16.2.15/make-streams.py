"""Makes these streams with a real cluster: images of 16 MiB in pool `backups`, written, discarded, resized, cloned,
striped. Prints the SHA-256 of every point as `rbd export` gives it. Run it in an empty directory."""
import rbd, rados, subprocess
c=rados.Rados(conffile='/etc/ceph/ceph.conf'); c.connect(); io=c.open_ioctx('backups'); r=rbd.RBD()
pre='rewind-golden-'
def drop(n):
    try:
        with rbd.Image(io,n) as i:
            for s in list(i.list_snaps()):
                try: i.unprotect_snap(s['name'])
                except Exception: pass
                i.remove_snap(s['name'])
        r.remove(io,n)
    except rbd.ImageNotFound: pass
for n in ['c','a','s']: drop(pre+n)
MB=1<<20
r.create(io,pre+'a',16*MB,old_format=False,features=61)
def exp(n,snap,frm,out,*more):
    a=['rbd','export-diff','--no-progress',f'backups/{pre}{n}@{snap}','-',*more]
    if frm: a+=['--from-snap',frm]
    b=subprocess.run(a,stdout=subprocess.PIPE,check=True).stdout
    open(out,'wb').write(b); print(out,len(b))
    return b
with rbd.Image(io,pre+'a') as i:
    i.write(b'A'*700,0); i.write(b'B'*512,5*MB+4096); i.write(b'end'*100,16*MB-300)
    i.create_snap('s1')
    i.write(b'C'*512,512); i.discard(4*MB,4*MB); i.write(b'D'*100,12*MB)
    i.create_snap('s2')
    i.resize(20*MB); i.write(b'E'*10,18*MB); i.discard(12*MB,50); i.discard(0,256)
    i.create_snap('s3')
    i.resize(10*MB); i.create_snap('s4')
    i.resize(16*MB); i.write(b'F'*10,15*MB); i.create_snap('s5')
    i.create_snap('s6')
    i.protect_snap('s3')
exp('a','s1',None,'full.diff'); 
for a,b in [('s1','s2'),('s2','s3'),('s3','s4'),('s4','s5'),('s5','s6')]: exp('a',b,a,f'{a}-{b}.diff')
for s in ['s2','s3','s4','s5']: exp('a',s,None,f'full-{s}.diff')
for a,b in [('s1','s2'),('s2','s3'),('s3','s4')]: exp('a',b,a,f'{a}-{b}-whole.diff','--whole-object')
r.clone(io,pre+'a','s3',io,pre+'c',features=61)
with rbd.Image(io,pre+'c') as i:
    i.write(b'G'*300,1*MB); i.discard(5*MB,1*MB); i.discard(16*MB,4*MB); i.create_snap('c1')
    i.resize(24*MB); i.write(b'H'*300,22*MB); i.create_snap('c2')
exp('c','c1',None,'clone-full.diff'); exp('c','c2','c1','clone-c1-c2.diff')
r.create(io,pre+'s',16*MB,old_format=False,features=63,stripe_unit=65536,stripe_count=4)
with rbd.Image(io,pre+'s') as i:
    i.write(bytes(n*n%251 for n in range(300))*1000,0); i.write(b'x'*5000,9*MB); i.create_snap('s1')
exp('s','s1',None,'striped.diff')
for n in ['a','c','s']:
    for s in (['s1','s2','s3','s4','s5','s6'] if n=='a' else ['c1','c2'] if n=='c' else ['s1']):
        subprocess.run(['rbd','export','--no-progress',f'backups/{pre}{n}@{s}',f'{n}-{s}.raw'],check=True)
for n in ['c','a','s']: drop(pre+n)
import hashlib, glob
for f in sorted(glob.glob('*.raw')): print(hashlib.sha256(open(f,'rb').read()).hexdigest(), f)
