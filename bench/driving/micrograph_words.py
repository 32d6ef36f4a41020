"""Words that people write about micrographs: materials (name, composition, phases), prose, and parts of names."""

MATERIALS = """
steel|Fe-0.4C|ferrite,pearlite
nickel superalloy|Ni-20Cr-5Al|gamma,gamma prime
aluminium alloy|Al-7Si-0.3Mg|alpha,eutectic
titanium alloy|Ti-6Al-4V|alpha,beta
alumina|Al2O3|corundum,pores
copper|Cu|grains,twins
magnesium alloy|Mg-9Al-1Zn|matrix,beta
cast iron|Fe-3.4C-2Si|graphite,ferrite
zirconia|ZrO2-3Y|tetragonal,monoclinic
tungsten carbide|WC-10Co|carbide,binder
lithium cobalt oxide|LiCoO2|particles,binder
graphite anode|C|particles,pores
silicon nitride|Si3N4|grains,glass
concrete|C-S-H|cement paste,aggregate
polymer blend|PS-PMMA|domains,matrix
glass fibre composite|E-glass epoxy|fibres,matrix
duplex steel|Fe-22Cr-5Ni|ferrite,austenite
high entropy alloy|CoCrFeMnNi|fcc,sigma
brass|Cu-37Zn|alpha,beta prime
solder|Sn-3Ag-0.5Cu|tin,intermetallic
perovskite film|MAPbI3|grains,boundaries
bone|hydroxyapatite|osteons,lacunae
sandstone|SiO2|quartz,pores
coal|C|vitrinite,inertinite
maraging steel|Fe-18Ni-9Co|martensite,austenite
thermal barrier coating|YSZ|coating,oxide,substrate
shale|clay|clay,organic matter
wood|cellulose|cell walls,lumen
catalyst|Pt on carbon|particles,support
gallium nitride|GaN|film,dislocations
thin film|TiN|columns,voids
foam|PU|struts,cells
paper|cellulose|fibres,filler
tissue|protein|nuclei,cytoplasm
wire|NiTi|austenite,martensite
"""
PROSE = """
the of and in with a at by after was were to for from on sample surface polished etched image region grain
boundaries microstructure phase precipitates pores annealed heat treatment hours minutes °C quenched water specimen
magnification detector contrast prepared ground diamond suspension colloidal silica section transverse longitudinal
direction build laser powder bed fusion additively manufactured rolled forged cast extruded sintered deposited
sputtered matrix carbide martensite austenite ferrite bainite pearlite cementite dendrites eutectic twins
dislocations cracks fatigue fracture creep corrosion oxide layer interface coating substrate diffusion segregation
inclusions sulphide nitride boride nital picral kroll keller electropolished ion milled carbon coated sputter gold
mounted resin epoxy tilted corrected stitched drift brightness noise artefact scratch relief charging labelled
segmented classes annotated reviewed cropped porosity fraction volume size distribution mean diameter aspect ratio
orientation texture hardness indentation tensile temperature pressure argon vacuum atmosphere hydrogen nitrogen
oxygen furnace cooling rate solution aged overaged peak recrystallised deformed strain shear band lath plate needle
spheroidised globular lamellar spacing nanometres micrometres voltage aperture working distance spot current dwell
pixel averaged frame series stack slice tomography reconstruction battery electrode cathode anode separator
electrolyte cycled charged discharged binder active material catalyst support membrane fuel cell polymer
crystalline amorphous blend domain fibre composite matrix bundle void delamination wood bone
"""
SYLLABLES = """
ka ro mi ne lu ta so vi de an el or ber gar hol kim lin mar nov per qui ras sten tor ul ven wes yam zel
"""
